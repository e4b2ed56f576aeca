/* The whole path: an account, a list, contacts, a template, a campaign, a send; then a closed batch and its package. */
#include "house.h"
#include "fake_press.h"
#include "base/durable.h"
#include <stdio.h>

static void test_send_to_package(void **state)
{
    (void)state;
    struct house h;
    struct fault f;
    struct send s, refused, bad;
    house_open(&h, fake_press(), true);
    struct drop d = house_campaign(&h, h.account);
    assert_false(d.is_live);
    if (!house_send(&h, h.account, d.endpoint, "Ann", &s, &f)) fail_msg("%s", f.text);
    assert_true(house_send(&h, h.account, d.endpoint, "Refuse", &refused, &f));
    assert_true(house_send(&h, h.account, d.endpoint, "Zoe", &bad, &f));
    assert_int_equal(PIECE_BATCH(s.piece_id), PIECE_BATCH(bad.piece_id));
    assert_int_equal(PIECE_SEAT(s.piece_id) + 2, PIECE_SEAT(bad.piece_id));

    struct batch b = house_wait_batch(&h, h.account, PIECE_BATCH(s.piece_id), BATCH_READY);
    assert_int_equal(b.n_pieces, 3);
    assert_int_equal(b.n_refused, 1);
    assert_true(b.is_test);
    assert_int_equal(b.pages_each, 2);
    struct buf pdf = BUF_INIT;
    assert_true(file_read(batch_pdf(h.mail, h.arena, &b), 1 << 20, &pdf, &f));
    assert_non_null(strstr(pdf.data, "|Ann|"));
    assert_non_null(strstr(pdf.data, "SPECIMEN"));
    assert_null(strstr(pdf.data, "Refuse"));
    buf_finish(&pdf);

    struct piece *pieces;
    assert_int_equal(piece_page(h.store, h.arena, h.account, b.batch_id, 0, 10, &pieces, &f), 3);
    assert_int_equal(pieces[0].first_page, 1);
    assert_int_equal(pieces[1].state, PIECE_REFUSED);
    assert_str("first_name: no font has U+1F600", pieces[1].detail);
    assert_int_equal(pieces[1].first_page, 0);
    assert_int_equal(pieces[2].first_page, 3);
    assert_str("\"seven\" \xc3\xa9\n", pieces[0].values[FIELD_VAR_1 + 6]);
    assert_int_equal(pieces[0].tracking.len, 20);
    struct piece one;
    assert_true(piece_get(h.store, h.arena, h.account, bad.piece_id, &one, &f));
    assert_int_equal(one.first_page, 3);
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_send_to_package)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
