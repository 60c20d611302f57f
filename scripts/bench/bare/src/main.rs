//! bare MEMORY_KIB PASSES LANES TIMES: verifies a password that often, one after the other, and
//! prints the milliseconds of processor time that each took.

use std::{fs, time::Instant};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PASSWORD: &[u8] = b"correct horse battery";

fn main() {
    let numbers: Vec<u32> = std::env::args().skip(1).map(|n| n.parse().expect("a number")).collect();
    let [memory, passes, lanes, times] = numbers[..] else {
        panic!("bare MEMORY_KIB PASSES LANES TIMES")
    };
    let params = Params::new(memory, passes, lanes, None).expect("parameters");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let phc = argon2.hash_password(PASSWORD).expect("a hash").to_string();
    let verify = || {
        let hash = PasswordHash::new(&phc).expect("a hash");
        argon2.verify_password(PASSWORD, &hash).expect("the password");
    };
    verify();
    let (cpu, clock) = (processor_ns(), Instant::now());
    (0..times).for_each(|_| verify());
    let wall = clock.elapsed().as_nanos();
    let spent = cpu.zip(processor_ns()).map_or(wall, |(before, after)| u128::from(after - before));
    println!("{:.4}", spent as f64 / 1e6 / f64::from(times));
}

/// What this thread has used of a processor; Linux tells it to the nanosecond.
fn processor_ns() -> Option<u64> {
    fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
