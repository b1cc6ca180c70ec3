use super::*;

/// 17 pages of WebAssembly, as linkers make of the smallest program.
const LEN: u64 = 17 << 16;

fn memory(pool: &Arc<MemoryPool>) -> OwnedMemory {
    OwnedMemory::new(pool, LEN, LEN).expect("there is address space")
}

/// How many of a memory's pages are resident.
fn resident_pages(memory: &OwnedMemory) -> usize {
    let mut residence = [0; LEN as usize / PAGE_BYTES];
    let reservation = memory.reservation.as_ref().expect("it is not dropped");
    assert!(reservation.residence(&mut residence));
    residence.iter().filter(|page| is_resident(page)).count()
}

/// Uses a memory of the pool: writes a byte in each of these pages, after all were seen to be zero.
fn write(pool: &Arc<MemoryPool>, pages: Range<usize>) {
    let mut memory = memory(pool);
    let bytes = memory.bytes_mut();
    for page in pages {
        let page = &mut bytes[page * PAGE_BYTES..][..PAGE_BYTES];
        assert!(is_zero(page));
        page[PAGE_BYTES - 1] = 1;
    }
}

#[test]
fn little_that_was_written_is_cleared_and_stays() {
    let pool = Arc::new(MemoryPool::default());
    write(&pool, 250..255);
    assert_eq!(resident_pages(&memory(&pool)), 5);
}

/// Who writes a megabyte once lets nobody clear a megabyte from then on.
#[test]
fn what_others_wrote_goes_back_once_nobody_writes_it() {
    let pool = Arc::new(MemoryPool::default());
    write(&pool, 0..RESIDENT_PAGES);
    assert_eq!(resident_pages(&memory(&pool)), RESIDENT_PAGES);
    // Dropped as it is, that memory gave all back; again, and then a little is written.
    write(&pool, 0..RESIDENT_PAGES);
    write(&pool, 100..105);
    assert_eq!(resident_pages(&memory(&pool)), 5);
    write(&pool, 0..LEN as usize / PAGE_BYTES);
}

#[test]
fn a_page_is_zero_when_all_of_it_is() {
    let mut page = [0; PAGE_BYTES];
    assert!(is_zero(&page));
    for at in 0..PAGE_BYTES {
        page[at] = 0x80;
        assert!(!is_zero(&page), "{at}");
        page[at] = 0;
    }
}
