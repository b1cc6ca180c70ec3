//! One row per operation that computes a value from values.
//!
//! A row is `Variant = mnemonic: shape, effect, heat;` and its doc comment is its meaning in words, which
//! `docs/generated/ops.md` repeats. The enum, the parser and printer, arity and type rules, the builder, the
//! evaluator, the folder, the interpreter's handlers and the fuzzer's menu all derive from it; the meaning
//! itself is the function of the same name in `meaning`.
//!
//! * shape: which operands and results, see [`Shape`](crate::op::Shape).
//! * effect: `pure` (a result for every input) or `checked` (a result or a trap).
//! * heat: `hot` rows get interpreter handlers of their own for i64 and i256, with immediate forms; `cold` rows
//!   run through one general handler until somebody measures a need.
//!
//! N is the width of the operand type in bits.

/// Calls `$with!` with all rows.
#[macro_export]
macro_rules! for_each_op {
    ($with:ident) => {
        $with! {
            /// Sum modulo 2^N.
            Iadd = iadd: binary, pure, hot;
            /// Difference modulo 2^N.
            Isub = isub: binary, pure, hot;
            /// Product modulo 2^N.
            Imul = imul: binary, pure, hot;
            /// Unsigned quotient rounded towards zero; `a / 0 = 0`.
            Udiv = udiv: binary, pure, hot;
            /// Signed quotient rounded towards zero; `a / 0 = 0`, `MIN / -1 = MIN`.
            Sdiv = sdiv: binary, pure, hot;
            /// Unsigned remainder; `a mod 0 = 0`.
            Urem = urem: binary, pure, hot;
            /// Signed remainder with the sign of the dividend; `a mod 0 = 0`, `MIN mod -1 = 0`.
            Srem = srem: binary, pure, hot;
            /// Unsigned quotient; traps `divide_by_zero`.
            UdivChecked = udiv_checked: binary, checked, cold;
            /// Signed quotient; traps `divide_by_zero`, and `integer_overflow` for `MIN / -1`.
            SdivChecked = sdiv_checked: binary, checked, cold;
            /// Unsigned remainder; traps `divide_by_zero`.
            UremChecked = urem_checked: binary, checked, cold;
            /// Signed remainder; traps `divide_by_zero`; `MIN mod -1 = 0`.
            SremChecked = srem_checked: binary, checked, cold;
            /// `a` to the power of `b` modulo 2^N; `0^0 = 1`.
            Ipow = ipow: binary, pure, hot;
            /// High half of the unsigned 2N-bit product.
            Umulhi = umulhi: binary, pure, cold;
            /// High half of the signed 2N-bit product.
            Smulhi = smulhi: binary, pure, cold;
            /// Bitwise and.
            Band = band: binary, pure, hot;
            /// Bitwise or.
            Bor = bor: binary, pure, hot;
            /// Bitwise exclusive or.
            Bxor = bxor: binary, pure, hot;
            /// `a` shifted left by `b mod N`.
            Ishl = ishl: binary, pure, cold;
            /// `a` shifted right by `b mod N`, filled with zeros.
            Ushr = ushr: binary, pure, cold;
            /// `a` shifted right by `b mod N`, filled with the sign.
            Sshr = sshr: binary, pure, cold;
            /// `a` shifted left by `b`; zero when `b >= N` (EIP-145).
            IshlFull = ishl_full: binary, pure, hot;
            /// `a` shifted right by `b`, filled with zeros; zero when `b >= N` (EIP-145).
            UshrFull = ushr_full: binary, pure, hot;
            /// `a` shifted right by `b`, filled with the sign; all sign when `b >= N` (EIP-145).
            SshrFull = sshr_full: binary, pure, hot;
            /// `a` rotated left by `b mod N`.
            Rotl = rotl: binary, pure, cold;
            /// `a` rotated right by `b mod N`.
            Rotr = rotr: binary, pure, cold;
            /// The smaller of two unsigned numbers.
            Umin = umin: binary, pure, cold;
            /// The larger of two unsigned numbers.
            Umax = umax: binary, pure, cold;
            /// The smaller of two signed numbers.
            Smin = smin: binary, pure, cold;
            /// The larger of two signed numbers.
            Smax = smax: binary, pure, cold;
            /// `a` with the sign of its byte `b` (0 is the least significant) in all higher bits; `a` when `b >= N/8 - 1`.
            SextendByte = sextend_byte: binary, pure, hot;
            /// Byte `b` of `a`, counted from the most significant; zero when `b >= N/8`.
            ByteBe = byte_be: binary, pure, hot;
            /// `-a` modulo 2^N.
            Ineg = ineg: unary, pure, cold;
            /// Bitwise complement.
            Bnot = bnot: unary, pure, hot;
            /// Number of leading zero bits; N for zero.
            Clz = clz: unary, pure, hot;
            /// Number of trailing zero bits; N for zero.
            Ctz = ctz: unary, pure, cold;
            /// Number of bits that are set.
            Popcnt = popcnt: unary, pure, cold;
            /// The bytes in opposite order.
            Bswap = bswap: unary, pure, cold;
            /// `(a + b) mod c`, the sum not truncated; zero when `c` is zero.
            Addmod = addmod: ternary, pure, hot;
            /// `(a * b) mod c`, the product not truncated; zero when `c` is zero.
            Mulmod = mulmod: ternary, pure, hot;
            /// `b` when `a` is not zero, else `c`.
            Select = select: select, pure, cold;
            /// Whether `a = b`.
            Ieq = ieq: compare, pure, hot;
            /// Whether `a` differs from `b`.
            Ine = ine: compare, pure, hot;
            /// Whether `a < b`, unsigned.
            Iult = iult: compare, pure, hot;
            /// Whether `a <= b`, unsigned.
            Iule = iule: compare, pure, hot;
            /// Whether `a > b`, unsigned.
            Iugt = iugt: compare, pure, hot;
            /// Whether `a >= b`, unsigned.
            Iuge = iuge: compare, pure, hot;
            /// Whether `a < b`, signed.
            Islt = islt: compare, pure, hot;
            /// Whether `a <= b`, signed.
            Isle = isle: compare, pure, hot;
            /// Whether `a > b`, signed.
            Isgt = isgt: compare, pure, hot;
            /// Whether `a >= b`, signed.
            Isge = isge: compare, pure, hot;
            /// `a` in a wider type, filled with zeros.
            Uextend = uextend: extend, pure, cold;
            /// `a` in a wider type, filled with its sign.
            Sextend = sextend: extend, pure, cold;
            /// The low bits of `a` in a narrower type.
            Ireduce = ireduce: reduce, pure, cold;
            /// Sum, rounded to nearest, ties to even (IEEE 754); a NaN result is the canonical one.
            Fadd = fadd: float_binary, pure, cold;
            /// Difference, rounded like `fadd`.
            Fsub = fsub: float_binary, pure, cold;
            /// Product, rounded like `fadd`.
            Fmul = fmul: float_binary, pure, cold;
            /// Quotient, rounded like `fadd`.
            Fdiv = fdiv: float_binary, pure, cold;
            /// The smaller; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
            Fmin = fmin: float_binary, pure, cold;
            /// The larger; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
            Fmax = fmax: float_binary, pure, cold;
            /// `a` with the sign of `b`, bits otherwise kept.
            Fcopysign = fcopysign: float_binary, pure, cold;
            /// `a` with its sign flipped, bits otherwise kept.
            Fneg = fneg: float_unary, pure, cold;
            /// `a` with its sign cleared, bits otherwise kept.
            Fabs = fabs: float_unary, pure, cold;
            /// Square root, rounded to nearest, ties to even.
            Fsqrt = fsqrt: float_unary, pure, cold;
            /// Rounded up to an integer.
            Fceil = fceil: float_unary, pure, cold;
            /// Rounded down to an integer.
            Ffloor = ffloor: float_unary, pure, cold;
            /// Rounded towards zero to an integer.
            Ftrunc = ftrunc: float_unary, pure, cold;
            /// Rounded to the nearest integer, ties to even.
            Fnearest = fnearest: float_unary, pure, cold;
            /// Whether `a = b`; false when either is NaN.
            Feq = feq: float_compare, pure, cold;
            /// Whether `a` differs from `b`; true when either is NaN.
            Fne = fne: float_compare, pure, cold;
            /// Whether `a < b`; false when either is NaN.
            Flt = flt: float_compare, pure, cold;
            /// Whether `a <= b`; false when either is NaN.
            Fle = fle: float_compare, pure, cold;
            /// Whether `a > b`; false when either is NaN.
            Fgt = fgt: float_compare, pure, cold;
            /// Whether `a >= b`; false when either is NaN.
            Fge = fge: float_compare, pure, cold;
            /// An f32 as f64, exactly; NaN becomes the canonical one.
            Fpromote = fpromote: float_promote, pure, cold;
            /// An f64 as f32, rounded to nearest, ties to even; NaN becomes the canonical one.
            Fdemote = fdemote: float_demote, pure, cold;
            /// A signed integer (i32, i64) as a float, rounded to nearest, ties to even.
            FcvtFromSint = fcvt_from_sint: int_to_float, pure, cold;
            /// An unsigned integer (i32, i64) as a float, rounded to nearest, ties to even.
            FcvtFromUint = fcvt_from_uint: int_to_float, pure, cold;
            /// A float truncated to a signed integer; NaN is zero, out of range is the nearest bound.
            FcvtToSintSat = fcvt_to_sint_sat: float_to_int, pure, cold;
            /// A float truncated to an unsigned integer; NaN is zero, out of range is the nearest bound.
            FcvtToUintSat = fcvt_to_uint_sat: float_to_int, pure, cold;
            /// A float truncated to a signed integer; traps `invalid_conversion` for NaN, `integer_overflow` out of range.
            FcvtToSint = fcvt_to_sint: float_to_int, checked, cold;
            /// A float truncated to an unsigned integer; traps `invalid_conversion` for NaN, `integer_overflow` out of range.
            FcvtToUint = fcvt_to_uint: float_to_int, checked, cold;
            /// The same bits as a type of the same width (i32 and f32, i64 and f64).
            Bitcast = bitcast: bitcast, pure, cold;
        }
    };
}
