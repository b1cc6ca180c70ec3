#!/usr/bin/env python3
"""Writes corpus/dmir/op/*.dmir: every operation at every width, with answers from Python's integers and exact fractions.

Nothing here reads the engine: the meanings are written anew from the table's words, EIP-145, the Yellow Paper
(appendix H.2) and IEEE 754. Run from the root of the repository; the output is committed.
"""

import fractions
import math
import os
import random
import struct

OUT = os.path.join("corpus", "dmir", "op")
INTS = [8, 16, 32, 64, 128, 256, 512]
DIVIDE, OVERFLOW, INVALID = "divide_by_zero", "integer_overflow", "invalid_conversion"


class Trap(Exception):
    pass


def signed(a, n):
    return a - (1 << n) if a >> (n - 1) else a


def toward_zero(a, b):
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def div(a, b, n, is_signed, is_checked, want_rest):
    if is_signed:
        a, b = signed(a, n), signed(b, n)
    if b == 0:
        if is_checked:
            raise Trap(DIVIDE)
        return 0
    q = toward_zero(a, b)
    if want_rest:
        return a - q * b
    if is_checked and is_signed and q == 1 << (n - 1):
        raise Trap(OVERFLOW)
    return q


def sextend_byte(a, b, n):
    if b >= n // 8 - 1:
        return a
    width = 8 * (b + 1)
    return signed(a % (1 << width), width)


def byte_be(a, b, n):
    return 0 if b >= n // 8 else (a >> (n - 8 - 8 * b)) & 255


def rotl(a, k, n):
    return a << k | a >> (n - k)


def bswap(a, n):
    return int.from_bytes(a.to_bytes(n // 8, "little"), "big")


BINARY = {
    "iadd": lambda a, b, n: a + b,
    "isub": lambda a, b, n: a - b,
    "imul": lambda a, b, n: a * b,
    "udiv": lambda a, b, n: div(a, b, n, False, False, False),
    "sdiv": lambda a, b, n: div(a, b, n, True, False, False),
    "urem": lambda a, b, n: div(a, b, n, False, False, True),
    "srem": lambda a, b, n: div(a, b, n, True, False, True),
    "udiv_checked": lambda a, b, n: div(a, b, n, False, True, False),
    "sdiv_checked": lambda a, b, n: div(a, b, n, True, True, False),
    "urem_checked": lambda a, b, n: div(a, b, n, False, True, True),
    "srem_checked": lambda a, b, n: div(a, b, n, True, True, True),
    "ipow": lambda a, b, n: pow(a, b, 1 << n),
    "umulhi": lambda a, b, n: a * b >> n,
    "smulhi": lambda a, b, n: signed(a, n) * signed(b, n) >> n,
    "band": lambda a, b, n: a & b,
    "bor": lambda a, b, n: a | b,
    "bxor": lambda a, b, n: a ^ b,
    "ishl": lambda a, b, n: a << b % n,
    "ushr": lambda a, b, n: a >> b % n,
    "sshr": lambda a, b, n: signed(a, n) >> b % n,
    "ishl_full": lambda a, b, n: a << b if b < n else 0,
    "ushr_full": lambda a, b, n: a >> b if b < n else 0,
    "sshr_full": lambda a, b, n: signed(a, n) >> min(b, n),
    "rotl": lambda a, b, n: rotl(a, b % n, n),
    "rotr": lambda a, b, n: rotl(a, (n - b) % n, n),
    "umin": lambda a, b, n: min(a, b),
    "umax": lambda a, b, n: max(a, b),
    "smin": lambda a, b, n: min(signed(a, n), signed(b, n)),
    "smax": lambda a, b, n: max(signed(a, n), signed(b, n)),
    "sextend_byte": sextend_byte,
    "byte_be": byte_be,
}
UNARY = {
    "ineg": lambda a, n: -a,
    "bnot": lambda a, n: ~a,
    "clz": lambda a, n: n - a.bit_length(),
    "ctz": lambda a, n: (a & -a).bit_length() - 1 if a else n,
    "popcnt": lambda a, n: bin(a).count("1"),
    "bswap": bswap,
}
TERNARY = {
    "addmod": lambda a, b, c, n: (a + b) % c if c else 0,
    "mulmod": lambda a, b, c, n: a * b % c if c else 0,
}
COMPARE = {
    "ieq": lambda a, b, n: a == b,
    "ine": lambda a, b, n: a != b,
    "iult": lambda a, b, n: a < b,
    "iule": lambda a, b, n: a <= b,
    "iugt": lambda a, b, n: a > b,
    "iuge": lambda a, b, n: a >= b,
    "islt": lambda a, b, n: signed(a, n) < signed(b, n),
    "isle": lambda a, b, n: signed(a, n) <= signed(b, n),
    "isgt": lambda a, b, n: signed(a, n) > signed(b, n),
    "isge": lambda a, b, n: signed(a, n) >= signed(b, n),
}
COUNTED = {"ishl", "ushr", "sshr", "ishl_full", "ushr_full", "sshr_full", "rotl", "rotr"}
BYTED = {"sextend_byte", "byte_be"}


def edges(n):
    """Where carries, signs and limb counts change."""
    powers = [p for p in (8, 31, 32, 63, 64, 127, 128, 192, 255, 256) if p < n - 1]
    numbers = [0, 1, 2, (1 << n) - 1, (1 << n) - 2, 1 << (n - 1), (1 << (n - 1)) - 1, (1 << (n - 1)) + 1]
    for p in powers:
        numbers += [(1 << p) - 1, 1 << p, (1 << p) + 1]
    return list(dict.fromkeys(numbers))


def random_number(rng, n):
    return rng.getrandbits(rng.randint(1, n))


def counts(n):
    """Shift counts: inside, at and far beyond the width (CVE-2021-41272: 2^31 to 2^32)."""
    all_counts = [0, 1, 7, 8, 31, 32, 63, 64, 65, 127, 128, 255, n - 1, n, n + 1, 2 * n]
    all_counts += [1 << 31, (1 << 32) - 1, 1 << 32, 1 << 63, 1 << 64, (1 << 64) + 1, 1 << (n - 1), (1 << n) - 1]
    return [c for c in dict.fromkeys(all_counts) if c < 1 << n]


def pairs(name, n, rng):
    if name in COUNTED or name in BYTED:
        amounts = counts(n) if name in COUNTED else [0, 1, 2, n // 8 - 2, n // 8 - 1, n // 8, n // 8 + 1, 1 << (n - 1), (1 << n) - 1, 255]
        bases = [1, (1 << n) - 1, 1 << (n - 1), random_number(rng, n) | 1 << (n - 1), rng.getrandbits(n - 1)]
        return [(a, b) for b in dict.fromkeys(amounts) if 0 <= b < 1 << n for a in bases[: 3 if n > 128 else 5]]
    numbers = edges(n)
    corners = [0, 1, (1 << n) - 1, 1 << (n - 1)]
    found = [(a, b) for a in corners for b in corners]
    for a in numbers:
        found.append((a, rng.choice(numbers)))
        found.append((rng.choice(numbers), a))
    for _ in range(8):
        found.append((random_number(rng, n), random_number(rng, n)))
    return list(dict.fromkeys(found))


def triples(n, rng):
    numbers = edges(n)
    corners = [0, 1, (1 << n) - 1]
    found = [(a, b, c) for a in corners for b in corners for c in corners]
    for a in numbers:
        found.append((rng.choice(numbers), rng.choice(numbers), a))
        found.append((a, rng.choice(numbers), rng.choice(numbers)))
    for _ in range(12):
        found.append(tuple(random_number(rng, n) for _ in range(3)))
    if n == 256:
        for modulus in (
            2**256 - 2**32 - 977,
            0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
            21888242871839275222246405745257275088548364400416034343698204186575808495617,
        ):
            found += [(modulus - 1, modulus - 1, modulus), ((1 << n) - 1, (1 << n) - 1, modulus)]
    return list(dict.fromkeys(found))


def text(number):
    return str(number) if number < 10**6 else hex(number)


def answer(f, n):
    try:
        return text(int(f()) % (1 << n))
    except Trap as trap:
        return f"trap {trap}"


def function(name, mnemonic, params, result):
    letters = "abc"[: len(params)]
    header = ", ".join(f"{letter}: {ty}" for letter, ty in zip(letters, params))
    return [
        f"func @{name}({header}) -> {result} {{",
        "b:",
        f"    r = {mnemonic} {', '.join(letters)}",
        "    return r",
        "}",
    ]


def run(name, args, want):
    return f"; run: @{name}({', '.join(text(arg) for arg in args)}) == {want}"


def write(name, lines, maker="corpus_dmir.py"):
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, name + ".dmir"), "w", encoding="ascii", newline="\n") as file:
        file.write(f"; Made by tools/{maker} from integers and fractions that know nothing of this engine.\n")
        file.write("\n".join(lines) + "\n")


def integers():
    for name, f in BINARY.items():
        lines = []
        for n in INTS:
            rng = random.Random(f"{name}{n}")
            ty = f"i{n}"
            lines += function(ty, f"{name}.{ty}", [ty, ty], ty)
            lines += [run(ty, (a, b), answer(lambda: f(a, b, n), n)) for a, b in pairs(name, n, rng)]
        write(name, lines)
    for name, f in UNARY.items():
        lines = []
        for n in INTS:
            rng = random.Random(f"{name}{n}")
            ty = f"i{n}"
            numbers = edges(n) + [random_number(rng, n) for _ in range(8)]
            lines += function(ty, f"{name}.{ty}", [ty], ty)
            lines += [run(ty, (a,), answer(lambda: f(a, n), n)) for a in dict.fromkeys(numbers)]
        write(name, lines)
    for name, f in TERNARY.items():
        lines = []
        for n in INTS:
            rng = random.Random(f"{name}{n}")
            ty = f"i{n}"
            lines += function(ty, f"{name}.{ty}", [ty, ty, ty], ty)
            lines += [run(ty, abc, answer(lambda: f(*abc, n), n)) for abc in triples(n, rng)]
        write(name, lines)
    for name, f in COMPARE.items():
        lines = []
        for n in INTS:
            rng = random.Random(f"{name}{n}")
            ty = f"i{n}"
            cases = pairs(name, n, rng) + [(a, a) for a in edges(n)]
            lines += function(ty, f"{name}.{ty}", [ty, ty], "i8")
            lines += [run(ty, (a, b), answer(lambda: f(a, b, n), 8)) for a, b in dict.fromkeys(cases)]
        write(name, lines)
    select()
    conversions()


def select():
    lines = []
    for ty, n in [(f"i{n}", n) for n in INTS] + [("f32", 32), ("f64", 64), ("v128", 128), ("ref", 64)]:
        lines += function(ty, f"select.{ty}", ["i8", ty, ty], ty)
        a, b = (1 << n) - 2, 1 << (n - 1)
        lines += [run(ty, (cond, a, b), text(a if cond else b)) for cond in (0, 1, 2, 128, 255)]
    write("select", lines)


def conversions():
    for name, wider, f in [
        ("uextend", True, lambda a, m, n: a),
        ("sextend", True, lambda a, m, n: signed(a, m)),
        ("ireduce", False, lambda a, m, n: a),
    ]:
        lines = []
        for m in INTS:
            for n in INTS:
                if m == n or (m < n) != wider:
                    continue
                rng = random.Random(f"{name}{m}{n}")
                fn = f"i{m}_i{n}"
                numbers = edges(m) + [random_number(rng, m) for _ in range(4)]
                lines += function(fn, f"{name}.i{m}.i{n}", [f"i{m}"], f"i{n}")
                lines += [run(fn, (a,), answer(lambda: f(a, m, n), n)) for a in dict.fromkeys(numbers)]
        write(name, lines)


# Floats: exact fractions, rounded once by the rules of IEEE 754. Formats as (width, fraction bits, lowest exponent).

FORMATS = {"f32": (32, 23, -149), "f64": (64, 52, -1074)}


class Float:
    """A float by its bits."""

    def __init__(self, ty):
        self.ty = ty
        self.width, self.fraction, self.lowest = FORMATS[ty]
        self.exponent_bits = self.width - 1 - self.fraction
        self.top = (1 << self.exponent_bits) - 1
        self.infinity = self.top << self.fraction
        self.nan = self.infinity | 1 << (self.fraction - 1)
        self.sign = 1 << (self.width - 1)

    def is_nan(self, bits):
        return bits & ~self.sign > self.infinity

    def is_infinite(self, bits):
        return bits & ~self.sign == self.infinity

    def value(self, bits):
        """The exact value of a finite number."""
        exponent = bits >> self.fraction & self.top
        digits = bits & ((1 << self.fraction) - 1)
        if exponent:
            digits |= 1 << self.fraction
        scale = max(exponent, 1) - 1 + self.lowest
        exact = fractions.Fraction(digits) * fractions.Fraction(2) ** scale
        return -exact if bits & self.sign else exact

    def rounded(self, exact, zero_sign=0):
        """The bits nearest to `exact`, ties to even."""
        if exact == 0:
            return zero_sign
        sign = self.sign if exact < 0 else 0
        exact = abs(exact)
        exponent = exact.numerator.bit_length() - exact.denominator.bit_length()
        if fractions.Fraction(2) ** exponent > exact:
            exponent -= 1
        scale = max(exponent - self.fraction, self.lowest)
        digits = nearest_even(exact / fractions.Fraction(2) ** scale)
        if digits >> (self.fraction + 1):
            digits >>= 1
            scale += 1
        if scale - self.lowest + 1 >= self.top and digits >> self.fraction:
            return sign | self.infinity
        if not digits >> self.fraction:
            return sign | digits
        return sign | (scale - self.lowest + 1) << self.fraction | (digits & ((1 << self.fraction) - 1))

    def numbers(self, rng):
        one = ((1 << (self.exponent_bits - 1)) - 1) << self.fraction
        some = [0, 1, (1 << self.fraction) - 1, 1 << self.fraction, one, one + 1, one - 1, self.infinity - 1]
        some += [self.infinity, self.nan, self.nan + 1, self.infinity + 1]
        some += [self.rounded(fractions.Fraction(x)) for x in ("0.5", "1.5", "2.5", "3.5", "0.1", "1e10", "4503599627370497.5", "8388609")]
        some += [rng.getrandbits(self.width - 1) for _ in range(6)]
        return [bits | sign for bits in dict.fromkeys(some) for sign in (0, self.sign)]


def nearest_even(exact):
    low = math.floor(exact)
    rest = exact - low
    half = fractions.Fraction(1, 2)
    return low + (1 if rest > half or (rest == half and low % 2) else 0)


def exact_root(f, bits):
    exact = f.value(bits)
    # Enough digits that the rounding of the root is that of its first digits and whether more follow.
    shift = 2 * (f.fraction + 4) + 2 * abs(f.lowest)
    scaled = exact * (1 << shift)
    root = math.isqrt(scaled.numerator // scaled.denominator)
    more = fractions.Fraction(root * root) != scaled
    return fractions.Fraction(2 * root + (1 if more else 0), 2) / fractions.Fraction(2) ** (shift // 2)


def add(f, a, b):
    if f.is_nan(a) or f.is_nan(b):
        return f.nan
    if f.is_infinite(a) or f.is_infinite(b):
        if f.is_infinite(a) and f.is_infinite(b):
            return a if a == b else f.nan
        return a if f.is_infinite(a) else b
    both_negative = f.sign if a & b & f.sign else 0
    return f.rounded(f.value(a) + f.value(b), both_negative)


def mul(f, a, b):
    sign = (a ^ b) & f.sign
    if f.is_nan(a) or f.is_nan(b):
        return f.nan
    if f.is_infinite(a) or f.is_infinite(b):
        is_zero = not a & ~f.sign or not b & ~f.sign
        return f.nan if is_zero else sign | f.infinity
    return f.rounded(f.value(a) * f.value(b), sign)


def fdiv(f, a, b):
    sign = (a ^ b) & f.sign
    if f.is_nan(a) or f.is_nan(b):
        return f.nan
    if f.is_infinite(a):
        return f.nan if f.is_infinite(b) else sign | f.infinity
    if f.is_infinite(b):
        return sign
    if not b & ~f.sign:
        return f.nan if not a & ~f.sign else sign | f.infinity
    return f.rounded(f.value(a) / f.value(b), sign)


def order(f, bits):
    """A number that orders floats: minus zero below zero."""
    return -(bits & ~f.sign) - 1 if bits & f.sign else bits


def extreme(pick):
    def of(f, a, b):
        if f.is_nan(a) or f.is_nan(b):
            return f.nan
        return pick(a, b, key=lambda bits: order(f, bits))

    return of


def sqrt(f, a):
    if f.is_nan(a):
        return f.nan
    if not a & ~f.sign:
        return a
    if a & f.sign:
        return f.nan
    return a if f.is_infinite(a) else f.rounded(exact_root(f, a))


def to_integral(how):
    def of(f, a):
        if f.is_nan(a):
            return f.nan
        if f.is_infinite(a):
            return a
        return f.rounded(fractions.Fraction(how(f.value(a))), a & f.sign)

    return of


def fcompare(how):
    def of(f, a, b):
        if f.is_nan(a) or f.is_nan(b):
            return how is NE
        value = lambda bits: order(f, bits) if bits & ~f.sign else 0
        return how(value(a), value(b))

    return of


NE = lambda a, b: a != b
FLOAT_BINARY = {
    "fadd": add,
    "fsub": lambda f, a, b: f.nan if f.is_nan(b) else add(f, a, b ^ f.sign),
    "fmul": mul,
    "fdiv": fdiv,
    "fmin": extreme(min),
    "fmax": extreme(max),
    "fcopysign": lambda f, a, b: a & ~f.sign | b & f.sign,
}
FLOAT_UNARY = {
    "fneg": lambda f, a: a ^ f.sign,
    "fabs": lambda f, a: a & ~f.sign,
    "fsqrt": sqrt,
    "fceil": to_integral(math.ceil),
    "ffloor": to_integral(math.floor),
    "ftrunc": to_integral(math.trunc),
    "fnearest": to_integral(nearest_even),
}
FLOAT_COMPARE = {
    "feq": fcompare(lambda a, b: a == b),
    "fne": fcompare(NE),
    "flt": fcompare(lambda a, b: a < b),
    "fle": fcompare(lambda a, b: a <= b),
    "fgt": fcompare(lambda a, b: a > b),
    "fge": fcompare(lambda a, b: a >= b),
}


def floats():
    rows = [(name, f, 2, None) for name, f in FLOAT_BINARY.items()]
    rows += [(name, f, 1, None) for name, f in FLOAT_UNARY.items()]
    rows += [(name, f, 2, "i8") for name, f in FLOAT_COMPARE.items()]
    for name, f, arity, result in rows:
        lines = []
        for ty in FORMATS:
            fmt = Float(ty)
            rng = random.Random(f"{name}{ty}")
            numbers = fmt.numbers(rng)
            if arity == 1:
                cases = [(a,) for a in numbers]
            else:
                corners = [0, fmt.sign, fmt.infinity, fmt.infinity | fmt.sign, fmt.nan, numbers[8]]
                cases = [(a, b) for a in corners for b in corners]
                cases += [(a, rng.choice(numbers)) for a in numbers for _ in range(3)]
            lines += function(ty, f"{name}.{ty}", [ty] * arity, result or ty)
            lines += [run(ty, args, text(int(f(fmt, *args)))) for args in dict.fromkeys(cases)]
        write(name, lines)
    float_conversions()


def change_format(source, to, bits):
    if source.is_nan(bits):
        return to.nan
    sign = to.sign if bits & source.sign else 0
    return sign | to.infinity if source.is_infinite(bits) else to.rounded(source.value(bits), sign)


def to_integer(f, bits, n, is_signed, is_checked):
    low, high = (-(1 << (n - 1)), (1 << (n - 1)) - 1) if is_signed else (0, (1 << n) - 1)
    if f.is_nan(bits):
        if is_checked:
            raise Trap(INVALID)
        return 0
    if f.is_infinite(bits):
        number = low - 1 if bits & f.sign else high + 1
    else:
        number = math.trunc(f.value(bits))
    if is_checked and not low <= number <= high:
        raise Trap(OVERFLOW)
    return max(low, min(high, number))


def float_conversions():
    f32, f64 = Float("f32"), Float("f64")
    halfway = [f64.rounded(fractions.Fraction(x)) for x in (1 + fractions.Fraction(1, 1 << 24), 1 + fractions.Fraction(3, 1 << 24))]
    for name, source, to in [("fpromote", f32, f64), ("fdemote", f64, f32)]:
        numbers = source.numbers(random.Random(name)) + (halfway if source is f64 else [])
        if source is f64:
            numbers += [change_format(f32, f64, a) for a in f32.numbers(random.Random(name))]
        lines = function(name, f"{name}.{source.ty}", [source.ty], to.ty)
        lines += [run(name, (a,), text(change_format(source, to, a))) for a in dict.fromkeys(numbers)]
        write(name, lines)
    for name, is_signed in [("fcvt_from_sint", True), ("fcvt_from_uint", False)]:
        lines = []
        for n in (32, 64):
            for to in (f32, f64):
                rng = random.Random(f"{name}{n}{to.ty}")
                fn = f"i{n}_{to.ty}"
                numbers = edges(n) + [random_number(rng, n) for _ in range(8)]
                numbers += [(1 << p) + d for p in (24, 25, 53, 54) if p < n - 1 for d in (-1, 1, 2, 3)]
                lines += function(fn, f"{name}.i{n}.{to.ty}", [f"i{n}"], to.ty)
                for a in dict.fromkeys(numbers):
                    number = signed(a, n) if is_signed else a
                    lines.append(run(fn, (a,), text(to.rounded(fractions.Fraction(number)))))
        write(name, lines)
    for name, is_signed, is_checked in [
        ("fcvt_to_sint_sat", True, False),
        ("fcvt_to_uint_sat", False, False),
        ("fcvt_to_sint", True, True),
        ("fcvt_to_uint", False, True),
    ]:
        lines = []
        for source in (f32, f64):
            for n in (32, 64):
                rng = random.Random(f"{name}{n}{source.ty}")
                fn = f"{source.ty}_i{n}"
                numbers = source.numbers(rng)
                for p in (31, 32, 63, 64):
                    bound = source.rounded(fractions.Fraction(1 << p))
                    numbers += [b | s for b in (bound - 1, bound, bound + 1) for s in (0, source.sign)]
                lines += function(fn, f"{name}.{source.ty}.i{n}", [source.ty], f"i{n}")
                for a in dict.fromkeys(numbers):
                    lines.append(run(fn, (a,), answer(lambda: to_integer(source, a, n, is_signed, is_checked), n)))
        write(name, lines)
    lines = []
    for m, n, width in [("i32", "f32", 32), ("f32", "i32", 32), ("i64", "f64", 64), ("f64", "i64", 64), ("i128", "v128", 128), ("v128", "i128", 128)]:
        lines += function(f"{m}_{n}", f"bitcast.{m}.{n}", [m], n)
        numbers = edges(width) + (Float(f"f{width}").numbers(random.Random("bitcast")) if width < 128 else [])
        lines += [run(f"{m}_{n}", (a,), text(a)) for a in dict.fromkeys(numbers)]
    write("bitcast", lines)


def self_check():
    """The rounding above against the machine's doubles, before anything is written."""
    f = Float("f64")
    rng = random.Random(1)
    as_float = lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]
    as_bits = lambda number: struct.unpack("<Q", struct.pack("<d", number))[0]
    for _ in range(2000):
        a, b = rng.getrandbits(64), rng.getrandbits(64)
        x, y = as_float(a), as_float(b)
        if math.isnan(x) or math.isnan(y):
            continue
        total = x + y
        assert math.isnan(total) or add(f, a, b) == as_bits(total), (x, y)
        if y != 0 and not math.isinf(x) and not math.isinf(y):
            assert fdiv(f, a, b) == as_bits(x / y), (x, y)
        if x >= 0 and not math.isinf(x):
            assert sqrt(f, a) == as_bits(math.sqrt(x)), x


if __name__ == "__main__":
    self_check()
    integers()
    floats()
