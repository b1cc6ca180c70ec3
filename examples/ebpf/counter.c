/* A counter that outlives its calls.
 *
 * Input: nothing or 1 adds one, 0 asks, 2 begins anew. It returns the count as 32 bytes, most significant first.
 *
 * Errors (r0): 1 no such input; 2 the count would exceed 64 bits; 3 storage holds something else.
 * State: under `count`, 8 bytes, least significant first; nothing as long as nobody has counted.
 */
#include <lockstep/tos.h>

enum { ASK = 0, ADD = 1, RESET = 2 };
enum { ERROR_INPUT = 1, ERROR_OVERFLOW = 2, ERROR_STATE = 3 };

static const char KEY[] = "count";
#define KEY_LEN (sizeof KEY - 1)

uint64_t entrypoint(const uint8_t *input, uint64_t len) {
    uint64_t count = 0;
    uint8_t what = len == 0 ? ADD : input[0];
    if (len > 1 || what > RESET) return ERROR_INPUT;
    if (what == RESET) {
        tos_storage_delete(KEY, KEY_LEN);
    } else {
        uint64_t found = tos_storage_read(KEY, KEY_LEN, &count, sizeof count);
        if (found != 0 && found != sizeof count) return ERROR_STATE;
    }
    if (what == ADD) {
        if (++count == 0) return ERROR_OVERFLOW;
        tos_storage_write(KEY, KEY_LEN, &count, sizeof count);
    }
    tos_return_number(count);
    return TOS_OK;
}
