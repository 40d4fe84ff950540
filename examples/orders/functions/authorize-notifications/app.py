"""IoT Core's custom authorizer: whoever connects may listen to orders, and do nothing else."""

REFRESH_SECONDS = 86_400


def handler(request, context):
    # arn:aws:lambda:region:account:function:name
    _, partition, _, region, account, *_ = context.invoked_function_arn.split(":")
    resource = f"arn:{partition}:iot:{region}:{account}"
    statements = [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{resource}:client/*"},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": f"{resource}:topicfilter/orders/*"},
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": f"{resource}:topic/orders/*"},
    ]
    return {
        "isAuthenticated": True,
        "principalId": "orderpage",
        "disconnectAfterInSeconds": REFRESH_SECONDS,
        "refreshAfterInSeconds": REFRESH_SECONDS,
        "policyDocuments": [{"Version": "2012-10-17", "Statement": statements}],
    }
