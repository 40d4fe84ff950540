"""Random numbers from a seed as java.util.Random gives them: AWS's interpreter runs on Java (see intrinsics_order), and
the same seed is to bring the same number here and there.

AWS documents that a seed makes the result repeatable, not by which generator:
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

_MULTIPLIER = 0x5DEECE66D
_MASK = (1 << 48) - 1


class JavaRandom:
    """https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Random.html"""

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ _MULTIPLIER) & _MASK

    def _next(self, bits: int) -> int:
        self._state = (self._state * _MULTIPLIER + 0xB) & _MASK
        return self._state >> (48 - bits)

    def below(self, bound: int) -> int:
        """From 0 to `bound`, not included."""
        if bound > 1 << 31:
            return int(self.share() * bound)
        number = self._next(31)
        if bound & (bound - 1) == 0:
            return (bound * number) >> 31
        while number - number % bound + bound > 1 << 31:
            number = self._next(31)
        return number % bound

    def share(self) -> float:
        """From 0 to 1, not included."""
        high, low = self._next(26), self._next(27)
        return ((high << 27) + low) / (1 << 53)
