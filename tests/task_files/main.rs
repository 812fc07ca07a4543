//! Task files from outside: what is read, and what each mistake is told as.

mod damage;
mod mistakes;
mod reading;
mod scenes;
mod support;
