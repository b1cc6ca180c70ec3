/* The system calls of the host `tos`, for contracts in C: `clang -target bpf -O2 -fno-builtin -c contract.c`.
 *
 * Entry: `uint64_t entrypoint(uint8_t *input, uint64_t len)`, the file's only global function; make all others static. The
 * input may be written to. Returning TOS_OK keeps what the contract did; any other number is its error and undoes it.
 *
 * Each call takes the units that its line says, then looks at pointers, then acts. A call that cannot be paid, a pointer that
 * leads nowhere and every other misuse ends the contract there: nothing returns, and what it did is undone. What ends it is
 * said under `ends:`. Units are those of version 2 of the cost table; an instruction takes one.
 *
 * Nothing here needs a C library. Memory is copied by the functions below: compilers like to put calls of memcpy where there
 * is none, hence -fno-builtin.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LOCKSTEP_TOS_H
#define LOCKSTEP_TOS_H

typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;

/* 32 bytes: of a block, a transaction or a contract. */
typedef struct {
    uint8_t bytes[32];
} tos_hash;

/* 32 bytes: of an account. One of a chain whose addresses have 20 bytes begins with 12 zeros. */
typedef tos_hash tos_address;

/* What a contract returns when all is well. */
#define TOS_OK 0

/* Bytes of a message, a key, a value, and of what a contract returns; more than these ends it. */
#define TOS_LOG_BYTES_MAX 10000
#define TOS_KEY_BYTES_MAX 256
#define TOS_VALUE_BYTES_MAX 65536
#define TOS_RETURN_BYTES_MAX 1024

/* ---- messages ---- */

/* Says something: kept in debug mode, and on a chain that has logs. Returns 0.
 * units: tos_log 100 1 (for each byte)
 * ends: text that is not UTF-8; more than TOS_LOG_BYTES_MAX */
extern uint64_t tos_log(const void *text, uint64_t len);

/* ---- where it runs ---- */

/* The hash of the block. Returns 0.
 * units: tos_get_block_hash 50 0 */
extern uint64_t tos_get_block_hash(tos_hash *to);

/* How many blocks are below this one.
 * units: tos_get_block_height 50 0 */
extern uint64_t tos_get_block_height(void);

/* The hash of the transaction. Returns 0.
 * units: tos_get_tx_hash 50 0 */
extern uint64_t tos_get_tx_hash(tos_hash *to);

/* Who sent the transaction, which need not be who calls. Returns 0.
 * units: tos_get_tx_sender 50 0 */
extern uint64_t tos_get_tx_sender(tos_address *to);

/* The contract itself. Returns 0.
 * units: tos_get_contract_hash 50 0 */
extern uint64_t tos_get_contract_hash(tos_address *to);

/* ---- accounts ---- */

/* What an account holds; 0 where there is none.
 * units: tos_get_balance 100 0 */
extern uint64_t tos_get_balance(const tos_address *of);

/* Sends from the contract to an account. Returns 0.
 * units: tos_transfer 500 0
 * ends: an amount of 0; a balance that is too small */
extern uint64_t tos_transfer(const tos_address *to, uint64_t amount);

/* ---- storage: bytes by key, of this contract alone ---- */

/* Copies what is stored and returns how long it is; 0 where nothing is, and then `to` is as it was.
 * units: tos_storage_read 200 1 (for each byte of the value)
 * ends: a value longer than `room` */
extern uint64_t tos_storage_read(const void *key, uint64_t key_len, void *to, uint64_t room);

/* Stores a value, which may be empty. Returns 0.
 * units: tos_storage_write 500 2 (for each byte of the value) */
extern uint64_t tos_storage_write(const void *key, uint64_t key_len, const void *value,
                                  uint64_t value_len);

/* Deletes what is stored. Returns 1 where something was, else 0.
 * units: tos_storage_delete 300 0 */
extern uint64_t tos_storage_delete(const void *key, uint64_t key_len);

/* ---- what is returned ---- */

/* Says what the contract returns besides its number: the last such bytes count. Returns 0.
 * units: tos_set_return_data 100 1 (for each byte)
 * ends: more than TOS_RETURN_BYTES_MAX */
extern uint64_t tos_set_return_data(const void *from, uint64_t len);

/* Copies what was last returned, `room` bytes at most, and who returned it; returns how long all of it is. Where that or
 * `room` is 0 nothing is copied.
 * units: tos_get_return_data 50 0 */
extern uint64_t tos_get_return_data(void *to, uint64_t room, tos_address *by);

/* ---- other contracts ---- */

/* For tos_invoke: as many units as may be. */
#define TOS_ALL_UNITS (~(uint64_t)0)

/* Calls a contract with an input and an amount. It gets `units` at most, and all but a 64th of what is left; what it leaves comes
 * back. Returns 0 where it succeeded; 1 where it failed, or there is no such contract, or not as much to send, or too many
 * are inside one another: then nothing of it is left but what it returned.
 * units: tos_invoke 1000 1 (for each byte of the input) */
extern uint64_t tos_invoke(const tos_address *contract, const void *input, uint64_t len,
                           uint64_t amount, uint64_t units);

/* Who called this contract: another one, or who sent the transaction. Returns 0.
 * units: tos_get_caller 50 0 */
extern uint64_t tos_get_caller(tos_address *to);

/* The amount that was sent along.
 * units: tos_get_call_value 50 0 */
extern uint64_t tos_get_call_value(void);

/* ---- helpers ---- */

#define TOS_INLINE static inline __attribute__((always_inline))

/* Copies `len` bytes between places that do not overlap. */
TOS_INLINE void tos_copy(void *to, const void *from, uint64_t len) {
    for (uint64_t at = 0; at < len; at++) ((uint8_t *)to)[at] = ((const uint8_t *)from)[at];
}

/* Whether both have the same bytes. */
TOS_INLINE int tos_equal(const tos_hash *one, const tos_hash *other) {
    uint8_t different = 0;
    for (int at = 0; at < 32; at++) different |= one->bytes[at] ^ other->bytes[at];
    return different == 0;
}

/* A word of 32 bytes, most significant first, as contracts of the EVM pass numbers. */
typedef struct {
    uint8_t bytes[32];
} tos_word;

TOS_INLINE void tos_word_set(tos_word *word, uint64_t number) {
    for (int at = 0; at < 24; at++) word->bytes[at] = 0;
    for (int at = 0; at < 8; at++) word->bytes[31 - at] = (uint8_t)(number >> (8 * at));
}

/* Reads a number; returns 0, and leaves `number` alone, where it has more than 64 bits. */
TOS_INLINE int tos_word_get(const tos_word *word, uint64_t *number) {
    uint8_t high = 0;
    uint64_t low = 0;
    for (int at = 0; at < 24; at++) high |= word->bytes[at];
    for (int at = 24; at < 32; at++) low = low << 8 | word->bytes[at];
    if (high != 0) return 0;
    *number = low;
    return 1;
}

/* `a * b / c`, rounded down, where the product may have 128 bits; returns 0, and leaves `quotient` alone, where `c` is 0 or the
 * quotient has more than 64. */
TOS_INLINE int tos_mul_div(uint64_t a, uint64_t b, uint64_t c, uint64_t *quotient) {
    const uint64_t mask = 0xffffffff;
    uint64_t low = (a & mask) * (b & mask), left = (a >> 32) * (b & mask), right = (a & mask) * (b >> 32);
    uint64_t middle = (low >> 32) + (left & mask) + (right & mask);
    uint64_t rest = (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) + (middle >> 32);
    low = middle << 32 | (low & mask);
    if (rest >= c) return 0;
    uint64_t found = 0;
    for (int bit = 0; bit < 64; bit++) {
        uint64_t carry = rest >> 63;
        rest = rest << 1 | low >> 63;
        low <<= 1;
        found <<= 1;
        if (carry || rest >= c) {
            rest -= c;
            found |= 1;
        }
    }
    *quotient = found;
    return 1;
}

/* Says a number of 32 bytes as what the contract returns. */
TOS_INLINE void tos_return_number(uint64_t number) {
    tos_word word;
    tos_word_set(&word, number);
    tos_set_return_data(&word, sizeof word);
}

#endif
