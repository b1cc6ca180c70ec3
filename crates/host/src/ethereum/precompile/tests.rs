use super::*;

#[test]
fn rows_ascend_so_that_a_search_finds_them() {
    assert!(TABLE.is_sorted_by(|a, b| a.number < b.number));
    assert!(TABLE.iter().all(|row| row.history.is_sorted_by(|a, b| a.0 < b.0)));
}
