"""The data types that packets are made of (MQTT 5, section 1.5), read from and written to bytes."""

from __future__ import annotations

from headwater.languages.mqtt.reasons import ProtocolError, Reason

MAXIMUM_VARIABLE_INTEGER = 268_435_455


def malformed(message: str) -> ProtocolError:
    return ProtocolError(Reason.MALFORMED_PACKET, message)


class Reader:
    """Takes values from the front of one packet's body; running past its end is a malformed packet."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes, position: int = 0, end: int | None = None) -> None:
        self._data = data
        self._position = position
        self._end = len(data) if end is None else end

    @property
    def at_end(self) -> bool:
        return self._position >= self._end

    def take(self, count: int) -> bytes:
        start, stop = self._position, self._position + count
        if stop > self._end:
            raise malformed("the packet ends inside a field")
        self._position = stop
        return self._data[start:stop]

    def byte(self) -> int:
        return self.take(1)[0]

    def two_bytes(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def four_bytes(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def variable_integer(self) -> int:
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte == 0 and shift:
                    raise malformed("a variable byte integer is longer than it needs to be")
                return value
        raise malformed("a variable byte integer is longer than four bytes")

    def binary(self) -> bytes:
        return self.take(self.two_bytes())

    def text(self) -> str:
        return text_of(self.binary())

    def section(self, length: int) -> Reader:
        """A reader over the next `length` bytes, which this one then has behind it."""
        start = self._position
        self.take(length)
        return Reader(self._data, start, start + length)

    def rest(self) -> bytes:
        return self.take(self._end - self._position)


def text_of(data: bytes) -> str:
    """A UTF-8 string of MQTT: well formed, without surrogates and U+0000 (section 1.5.4)."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise malformed("a string is not UTF-8") from None
    if "\0" in text:
        raise malformed("a string contains U+0000")
    return text


def write_variable_integer(value: int) -> bytes:
    if not 0 <= value <= MAXIMUM_VARIABLE_INTEGER:
        raise ValueError(f"{value} does not fit in a variable byte integer")
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def write_binary(data: bytes) -> bytes:
    if len(data) > 0xFFFF:
        raise ValueError(f"{len(data)} bytes do not fit in a field of 65,535")
    return len(data).to_bytes(2, "big") + data


def write_text(text: str) -> bytes:
    return write_binary(text.encode())
