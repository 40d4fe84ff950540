"""Stack sets: one template, deployed to accounts and regions by operations that go from one to the next.

``sets`` are the templates, ``instances`` where they are deployed, ``operations`` what is done to them, ``running`` does
it. Permissions are self-managed; those of AWS Organizations are refused by name.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/what-is-cfnstacksets.html
"""
