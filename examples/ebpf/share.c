/* What a share comes to: amount * part / whole, without losing what exceeds 64 bits on the way.
 *
 * Input: amount, part and whole, 8 bytes each, least significant first. It returns the quotient, rounded down, as 32 bytes, most
 * significant first.
 *
 * Errors (r0): 1 the input has another length; 2 the whole is zero, or the quotient has more than 64 bits.
 */
#include <lockstep/tos.h>

enum { ERROR_INPUT = 1, ERROR_RANGE = 2 };

uint64_t entrypoint(const uint8_t *input, uint64_t len) {
    uint64_t numbers[3], share;
    if (len != sizeof numbers) return ERROR_INPUT;
    tos_copy(numbers, input, sizeof numbers);
    if (!tos_mul_div(numbers[0], numbers[1], numbers[2], &share)) return ERROR_RANGE;
    tos_return_number(share);
    return TOS_OK;
}
