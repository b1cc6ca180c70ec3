/* A token that is called as those of `token.asm` and `token.wat` are: who calls cannot tell which it is.
 *
 *   mint(uint256 amount) -> bool                                     a0712d68
 *   transfer(address to, uint256 amount) -> bool                     a9059cbb
 *   approve(address spender, uint256 amount) -> bool                 095ea7b3
 *   transferFrom(address from, address to, uint256 amount) -> bool   23b872dd
 *   balanceOf(address holder) -> uint256                             70a08231
 *   allowance(address holder, address spender) -> uint256            dd62ed3e
 *   totalSupply() -> uint256                                         18160ddd
 *
 * Input: four bytes, then words of 32 bytes; bytes after them are passed over. An address is a whole word: all of it counts.
 * Amounts have 64 bits. It returns one word.
 *
 * Errors, in r0 and as the word that is returned: below. An error leaves everything as it was.
 * State, 8 bytes each, least significant first, nothing where zero: `s` the supply; `b` + holder; `a` + holder + spender.
 * Invariant: the balances sum up to the supply, so adding to one never overflows.
 */
#include <lockstep/tos.h>

enum error {
    ERROR_SELECTOR = 1,  /* no such function */
    ERROR_INPUT = 2,     /* the input is too short */
    ERROR_AMOUNT = 3,    /* an amount of more than 64 bits */
    ERROR_SUPPLY = 4,    /* the supply would have more than 64 bits */
    ERROR_BALANCE = 5,   /* the holder has less */
    ERROR_ALLOWANCE = 6, /* the holder allowed less */
    ERROR_STATE = 7,     /* storage holds something else */
};

/* Bytes of the longest key. */
#define KEY_BYTES 65
/* A letter, and up to two addresses. */
typedef struct {
    uint8_t bytes[KEY_BYTES];
    uint8_t len;
} key;

/* What a function answers: an error, or a word. */
typedef struct {
    uint64_t error;
    uint64_t word;
} answer;

static void key_of(key *made, char letter, const tos_address *first, const tos_address *second) {
    made->bytes[0] = letter;
    made->len = 1;
    if (first) {
        tos_copy(made->bytes + 1, first, 32);
        made->len = 33;
    }
    if (second) {
        tos_copy(made->bytes + 33, second, 32);
        made->len = 65;
    }
}

static int load(const key *from, uint64_t *amount) {
    *amount = 0;
    uint64_t found = tos_storage_read(from->bytes, from->len, amount, sizeof *amount);
    return found == 0 || found == sizeof *amount;
}

static void store(const key *to, uint64_t amount) {
    if (amount == 0)
        tos_storage_delete(to->bytes, to->len);
    else
        tos_storage_write(to->bytes, to->len, &amount, sizeof amount);
}

static uint64_t mint(const tos_address *to, uint64_t amount) {
    key supply_key, balance_key;
    uint64_t supply, balance;
    key_of(&supply_key, 's', 0, 0);
    key_of(&balance_key, 'b', to, 0);
    if (!load(&supply_key, &supply) || !load(&balance_key, &balance)) return ERROR_STATE;
    if (supply + amount < supply) return ERROR_SUPPLY;
    store(&supply_key, supply + amount);
    store(&balance_key, balance + amount);
    return TOS_OK;
}

static uint64_t move(const tos_address *from, const tos_address *to, uint64_t amount) {
    key from_key, to_key;
    uint64_t balance;
    key_of(&from_key, 'b', from, 0);
    key_of(&to_key, 'b', to, 0);
    if (!load(&from_key, &balance)) return ERROR_STATE;
    if (balance < amount) return ERROR_BALANCE;
    store(&from_key, balance - amount);
    if (!load(&to_key, &balance)) return ERROR_STATE;
    store(&to_key, balance + amount);
    return TOS_OK;
}

static uint64_t spend(const tos_address *holder, const tos_address *spender, uint64_t amount) {
    key allowed_key;
    uint64_t allowed;
    key_of(&allowed_key, 'a', holder, spender);
    if (!load(&allowed_key, &allowed)) return ERROR_STATE;
    if (allowed < amount) return ERROR_ALLOWANCE;
    store(&allowed_key, allowed - amount);
    return TOS_OK;
}

/* One of the words after the selector. */
static const tos_word *word_at(const uint8_t *input, int at) {
    return (const tos_word *)(input + 4 + 32 * at);
}

static const tos_address *address_at(const uint8_t *input, int at) {
    return (const tos_address *)word_at(input, at);
}

static answer call(const uint8_t *input, uint64_t len) {
    answer done = {TOS_OK, 1};
    uint64_t amount = 0;
    key at;
    tos_address me;
    if (len < 4) return (answer){ERROR_INPUT, 0};
    uint32_t selector = (uint32_t)input[0] << 24 | input[1] << 16 | input[2] << 8 | input[3];
    /* How many words it takes, and whether the last is an amount. */
    int words, has_amount;
    switch (selector) {
    case 0x18160ddd: words = 0, has_amount = 0; break;
    case 0x70a08231: words = 1, has_amount = 0; break;
    case 0xdd62ed3e: words = 2, has_amount = 0; break;
    case 0xa0712d68: words = 1, has_amount = 1; break;
    case 0xa9059cbb: words = 2, has_amount = 1; break;
    case 0x095ea7b3: words = 2, has_amount = 1; break;
    case 0x23b872dd: words = 3, has_amount = 1; break;
    default: return (answer){ERROR_SELECTOR, 0};
    }
    if (len < 4 + 32 * (uint64_t)words) return (answer){ERROR_INPUT, 0};
    if (has_amount && !tos_word_get(word_at(input, words - 1), &amount))
        return (answer){ERROR_AMOUNT, 0};
    tos_get_caller(&me);
    switch (selector) {
    case 0xa0712d68:
        done.error = mint(&me, amount);
        return done;
    case 0xa9059cbb:
        done.error = move(&me, address_at(input, 0), amount);
        return done;
    case 0x095ea7b3:
        key_of(&at, 'a', &me, address_at(input, 0));
        store(&at, amount);
        return done;
    case 0x23b872dd:
        done.error = spend(address_at(input, 0), &me, amount);
        if (done.error == TOS_OK) done.error = move(address_at(input, 0), address_at(input, 1), amount);
        return done;
    case 0x70a08231: key_of(&at, 'b', address_at(input, 0), 0); break;
    case 0xdd62ed3e: key_of(&at, 'a', address_at(input, 0), address_at(input, 1)); break;
    default: key_of(&at, 's', 0, 0); break;
    }
    if (!load(&at, &done.word)) done.error = ERROR_STATE;
    return done;
}

uint64_t entrypoint(const uint8_t *input, uint64_t len) {
    answer done = call(input, len);
    tos_return_number(done.error == TOS_OK ? done.word : done.error);
    return done.error;
}
