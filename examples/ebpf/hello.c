/* Says hello to whoever calls, or to the name that the input holds.
 *
 * Errors (r0): 1 the name is longer than 32 bytes. A name that is not UTF-8 ends the contract.
 */
#include <lockstep/tos.h>

#define NAME_BYTES_MAX 32

enum { ERROR_NAME_TOO_LONG = 1 };

static const char HELLO[] = "Hello, ";
static const char WORLD[] = "world";

uint64_t entrypoint(const uint8_t *input, uint64_t len) {
    char text[sizeof HELLO - 1 + NAME_BYTES_MAX];
    const void *name = input;
    if (len > NAME_BYTES_MAX) return ERROR_NAME_TOO_LONG;
    if (len == 0) {
        name = WORLD;
        len = sizeof WORLD - 1;
    }
    tos_copy(text, HELLO, sizeof HELLO - 1);
    tos_copy(text + sizeof HELLO - 1, name, len);
    tos_log(text, sizeof HELLO - 1 + len);
    return TOS_OK;
}
