"""The names by which the query protocol calls members."""

from __future__ import annotations

from headwater.spine.models import Model, Reference

_SQS_IRREGULAR = {"Actions": "ActionName"}


class WireNames:
    """Names of one model's members, list items and map entries.

    SQS's present model describes its JSON protocol only. Its older query protocol named a flattened list of
    structures after the structure and any other flattened collection in the singular: ``Attribute.1.Name``,
    ``SendMessageBatchRequestEntry.1.Id``.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._singular = model.name == "sqs"

    def member(self, name: str, member: Reference) -> str:
        """The wire name of a structure's member."""
        shape = self._model.shape(member)
        flattened = self._model.trait(member, "flattened", False)
        if flattened and shape["type"] == "list" and "locationName" in shape["member"]:
            return str(shape["member"]["locationName"])
        if "locationName" in member:
            return str(member["locationName"])
        return self._singular_name(name, member) if flattened and self._singular else name

    def item(self, member: Reference) -> str:
        """The wire name of an item in a list that is not flattened."""
        return str(self._model.shape(member)["member"].get("locationName", "member"))

    def entry(self, name: str, member: Reference) -> tuple[str, str]:
        """The wire names of a map's keys and values."""
        shape = self._model.shape(member)
        if self._singular:
            return ("Key", "Value") if name.lower() == "tags" else ("Name", "Value")
        return shape["key"].get("locationName", "key"), shape["value"].get("locationName", "value")

    def _singular_name(self, name: str, member: Reference) -> str:
        shape = self._model.shape(member)
        if shape["type"] == "list" and self._model.shape(shape["member"])["type"] == "structure":
            return str(shape["member"]["shape"])
        if name in _SQS_IRREGULAR:
            return _SQS_IRREGULAR[name]
        singular = name.removesuffix("s")
        return singular[:1].upper() + singular[1:]
