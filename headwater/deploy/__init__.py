"""Bringing a SAM or CloudFormation template up on a running server.

deployed = up(Path("template.yaml"), "shop", {"Stage": "dev"}, "http://127.0.0.1:4566", print)
"""

from headwater.deploy.deployment import Deployed, OnProgress, Progress, up
from headwater.deploy.errors import DeploymentError
from headwater.deploy.packaging import watched_paths

__all__ = ["Deployed", "DeploymentError", "OnProgress", "Progress", "up", "watched_paths"]
