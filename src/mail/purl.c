/* purl.c: the code of a piece's personal URL: 60 bits of (account 20, piece 40) through a keyed permutation, as 12 letters
 * of 32. No table is needed to read one back, and codes of neighbouring pieces tell nothing of each other.
 *
 * The permutation is a balanced Feistel network of 8 rounds over two halves of 30 bits; the round function is SHA-256 of key,
 * round and half, cut to 30 bits. Any round function makes it reversible; a strong one makes it unpredictable. */
#include "mail/mail_private.h"
#include "base/digest.h"
#include "base/log.h"

enum { ROUNDS = 8, HALF_BITS = 30, PIECE_BITS = 40, ACCOUNT_BITS = 20, LETTERS = 12 };
_Static_assert(ACCOUNT_MOST < 1 << ACCOUNT_BITS, "every account has codes");
_Static_assert(PIECE_ID(BATCH_MOST + 1, 0) <= (int64_t)1 << PIECE_BITS, "every piece has a code");
#define HALF_MASK ((uint32_t)((1u << HALF_BITS) - 1))

/* Without letters that look alike, as all our tokens (base/ids.h). */
static const char letters[] = "23456789abcdefghijkmnpqrstuvwxyz";
_Static_assert(sizeof letters == 33, "the alphabet has 32 letters");

static uint32_t round_of(const uint8_t key[32], int round, uint32_t half)
{
    uint8_t in[37], out[SHA256_BYTES];
    memcpy(in, key, 32);
    in[32] = (uint8_t)round;
    for (int i = 0; i < 4; i++) in[33 + i] = (uint8_t)(half >> 8 * i);
    sha256(str_make(in, sizeof in), out);
    return ((uint32_t)out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 | (uint32_t)out[3] << 24) & HALF_MASK;
}

static uint64_t permute(const uint8_t key[32], uint64_t v, bool back)
{
    uint32_t left = (uint32_t)(v >> HALF_BITS), right = (uint32_t)v & HALF_MASK;
    for (int i = 0; i < ROUNDS; i++) {
        int round = back ? ROUNDS - 1 - i : i;
        uint32_t next = back ? right ^ round_of(key, round, left) : left ^ round_of(key, round, right);
        if (back)
            right = left, left = next;
        else
            left = right, right = next;
    }
    return (uint64_t)left << HALF_BITS | right;
}

void purl_code(struct mail *m, int64_t account, int64_t piece_id, char out[13])
{
    ASSERT(account > 0 && account < 1 << ACCOUNT_BITS && piece_id > 0 && piece_id < (int64_t)1 << PIECE_BITS);
    uint64_t v = permute(m->purl_key, (uint64_t)account << PIECE_BITS | (uint64_t)piece_id, false);
    for (int i = LETTERS - 1; i >= 0; i--, v >>= 5) out[i] = letters[v & 31];
    out[LETTERS] = '\0';
}

bool purl_decode(struct mail *m, const char *code, int64_t *account, int64_t *piece_id)
{
    uint64_t v = 0;
    if (strlen(code) != LETTERS) return false;
    for (int i = 0; i < LETTERS; i++) {
        char c = code[i] >= 'A' && code[i] <= 'Z' ? (char)(code[i] + 32) : code[i];
        const char *at = strchr(letters, c);
        if (!at) return false;
        v = v << 5 | (uint64_t)(at - letters);
    }
    v = permute(m->purl_key, v, true);
    int64_t who = (int64_t)(v >> PIECE_BITS), piece = (int64_t)(v & (((uint64_t)1 << PIECE_BITS) - 1));
    if (who == 0 || piece == 0) return false;
    *account = who, *piece_id = piece;
    return true;
}
