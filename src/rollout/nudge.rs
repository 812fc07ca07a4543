//! How a nudge goes on its way: it sets out, keeps its speed, and comes to rest before it lets go.
//!
//! Owns the timing. A drive that is at full speed from the first moment strikes its box, and what was crushed
//! by that was so within 10 ms; one that lets go at full speed throws it.

/// The speed of a nudge once it is under way, m/s (design, section 3).
const NUDGE_SPEED: f64 = 0.1;
/// How hard it sets out and comes to rest, m/s²: 5 mm to reach its speed.
const ACCELERATION: f64 = 1.0;
/// What a nudge's drive gives, N/m and N·s/m: stiff enough to be a displacement rather than a force, up to
/// the robot's `max_hand_force`.
pub const NUDGE_DRIVE: (f64, f64) = (2.0e5, 4.0e3);

/// The highest speed on a way of `way` metres, m/s: a short one ends before it has set out.
pub fn nudge_speed(way: f64) -> f64 {
    NUDGE_SPEED.min((way * ACCELERATION).sqrt())
}

/// How long a nudge by `way` metres takes, s.
pub fn nudge_seconds(way: f64) -> f64 {
    if way <= 0.0 {
        return 0.0;
    }
    let speed = nudge_speed(way);
    way / speed + speed / ACCELERATION
}

/// How far a nudge by `way` metres has gone `t` seconds after its start, m.
pub fn nudge_travel(way: f64, t: f64) -> f64 {
    let lasting = nudge_seconds(way);
    let speed = nudge_speed(way);
    let ramp = speed / ACCELERATION;
    // From whichever end is nearer: it comes to rest as it set out.
    let (t, late) = if t > 0.5 * lasting {
        (lasting - t, true)
    } else {
        (t, false)
    };
    let t = t.max(0.0);
    let gone = if t < ramp {
        0.5 * ACCELERATION * t * t
    } else {
        speed * (t - 0.5 * ramp)
    };
    if late { way - gone } else { gone }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nudge_keeps_its_speed_and_its_acceleration_and_arrives_at_rest() {
        for way in [0.0, 0.002, 0.01, 0.05, 0.4] {
            let lasting = nudge_seconds(way);
            assert!((nudge_travel(way, lasting) - way).abs() < 1e-12);
            assert_eq!(nudge_travel(way, 0.0), 0.0);
            assert_eq!(nudge_travel(way, lasting + 1.0), way);
            let step = 1e-3;
            let at = |i: usize| nudge_travel(way, i as f64 * step);
            for i in 0..(lasting / step) as usize {
                let speed = (at(i + 1) - at(i)) / step;
                let next = (at(i + 2) - at(i + 1)) / step;
                assert!(
                    (-1e-9..=NUDGE_SPEED + 1e-9).contains(&speed),
                    "{way} {speed}"
                );
                assert!((next - speed).abs() <= ACCELERATION * step + 1e-9, "{way}");
            }
        }
        // 0.1 s to set out and 0.1 s to come to rest, at half the speed.
        assert!((nudge_seconds(0.05) - 0.6).abs() < 1e-12);
    }
}
