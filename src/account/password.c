/* password.c: what a password must be, and what is kept of it: argon2id by libsodium, which writes its own parameters and salt into the text.
 * Called on a pool thread, before the unit that stores it. */
#include "account/account_private.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include <ctype.h>
#include <sodium.h>

_Static_assert(PASSWORD_HASH_BYTES > crypto_pwhash_STRBYTES, "a hash fits");

static bool holds_nocase(struct str s, struct str part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (str_eq_nocase(str_make(s.ptr + i, part.len), part)) return true;
    return false;
}

static bool check(struct str p, struct str username, struct fault *f)
{
    int64_t least = limit_get(LIMIT_PASSWORD_MIN_CHARACTERS), most = limit_get(LIMIT_PASSWORD_MAX_BYTES);
    if (!utf8_is_valid(p, NULL) || utf8_has_control(p))
        return fault_user(f, 400, "password holds a control character, or is not valid UTF-8.");
    if ((int64_t)utf8_length(p) < least)
        return fault_user(f, 400, "password is shorter than %lld characters.", (long long)least);
    if ((int64_t)p.len > most) return fault_user(f, 400, "password is longer than %lld bytes.", (long long)most);
    if (username.len >= 3 && holds_nocase(p, username)) return fault_user(f, 400, "password holds the username.");
    for (size_t i = 1; i < p.len; i++)
        if (p.ptr[i] != p.ptr[0]) return true;
    return fault_user(f, 400, "password is one character over and over.");
}

bool password_hash(struct str password, struct str username, char hash[PASSWORD_HASH_BYTES], struct fault *f)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER; /* 64 MB each */
    if (!check(password, username, f)) return false;
    pthread_mutex_lock(&one_at_a_time);
    int error = sodium_init() < 0 ? -1
                                  : crypto_pwhash_str_alg(hash, password.ptr, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                                          crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    pthread_mutex_unlock(&one_at_a_time);
    return error ? fault_operator(f, "There is no memory to hash a password.") : true;
}
