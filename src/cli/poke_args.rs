//! How `what-if` is told what to do: `BOX=X,Y,Z` and `BOX/FACE`.
//!
//! Owns the largest nudge and push that are simulated: far beyond what any stack bears, and short
//! enough for the sandbox to hold on to.

use std::str::FromStr;

use crate::pose::Vec3;
use crate::scene::geometry::Face;

/// A box and a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxVector {
    /// The box's id.
    pub id: String,
    /// m or N.
    pub vector: Vec3,
}

/// The longest nudge, m: at 0.1 m/s it takes 20 s, and a tenth to set out and come to rest.
const NUDGE_MAX_M: f64 = 2.0;
/// The strongest push, N: the weight of a tonne.
const PUSH_MAX_N: f64 = 10_000.0;

/// Reads a nudge, `BOX=DX,DY,DZ` in metres.
///
/// # Errors
/// When it is not of this form, or longer than 2 m.
pub fn nudge(text: &str) -> Result<BoxVector, String> {
    let way_out = "give metres, or take the box out with --grasp";
    limited(text, NUDGE_MAX_M, "m", way_out)
}

/// Reads a push, `BOX=FX,FY,FZ` in newtons.
///
/// # Errors
/// When it is not of this form, or stronger than 10 kN.
pub fn push(text: &str) -> Result<BoxVector, String> {
    let way_out = "give newtons; a weaker one moves any box of a stack";
    limited(text, PUSH_MAX_N, "N", way_out)
}

fn limited(text: &str, most: f64, unit: &str, way_out: &str) -> Result<BoxVector, String> {
    let asked: BoxVector = text.parse()?;
    let size = asked.vector.norm();
    if size > most {
        return Err(format!(
            "this is {size} {unit}, the limit is {most} {unit}: {way_out}"
        ));
    }
    Ok(asked)
}

impl FromStr for BoxVector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not of the form BOX=X,Y,Z");
        let (id, numbers) = text.rsplit_once('=').ok_or_else(wrong)?;
        let parsed: Result<Vec<f64>, _> = numbers.split(',').map(|n| n.trim().parse()).collect();
        let [x, y, z] = parsed.map_err(|_| wrong())?[..] else {
            return Err(wrong());
        };
        let vector = Vec3::new(x, y, z);
        let length = vector.norm();
        if !length.is_finite() {
            return Err(format!("the vector of `{text}` is not of finite numbers"));
        }
        if length < 1e-9 {
            return Err(format!("the vector of `{text}` has no direction"));
        }
        Ok(Self {
            id: id.to_owned(),
            vector,
        })
    }
}

/// A box and one of its faces.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxFace {
    /// The box's id.
    pub id: String,
    /// The face.
    pub face: Face,
}

impl FromStr for BoxFace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Face::ALL.map(Face::name).join(", ");
        let wrong = || format!("`{text}` is not of the form BOX/FACE; faces are {names}");
        let (id, name) = text.rsplit_once('/').ok_or_else(wrong)?;
        let face = Face::ALL.into_iter().find(|f| f.name() == name);
        Ok(Self {
            id: id.to_owned(),
            face: face.ok_or_else(wrong)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_and_a_vector_are_read_with_signs_and_refused_when_they_are_not_one() {
        let read: BoxVector = "a=b=-0.1, 0,2e-2".parse().unwrap();
        assert_eq!(read.id, "a=b");
        assert_eq!(read.vector, Vec3::new(-0.1, 0.0, 0.02));
        for wrong in [
            "a",
            "a=1,2",
            "a=1,2,3,4",
            "a=x,0,0",
            "a=0,0,0",
            "a=nan,0,0",
            "a=inf,0,0",
        ] {
            assert!(wrong.parse::<BoxVector>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_nudge_is_limited_in_metres_and_a_push_in_newtons() {
        assert!(nudge("a=2,0,0").is_ok() && push("a=0,0,-10000").is_ok());
        let (far, hard) = (nudge("a=0,2.1,0"), push("a=10001,0,0"));
        assert!(far.unwrap_err().contains("the limit is 2 m"));
        assert!(hard.unwrap_err().contains("the limit is 10000 N"));
    }

    #[test]
    fn a_face_is_named_as_in_files() {
        let read: BoxFace = "crate/7/front".parse().unwrap();
        assert_eq!((read.id.as_str(), read.face), ("crate/7", Face::Front));
        let refused = "crate/upside".parse::<BoxFace>().unwrap_err();
        assert!(refused.contains("front, back"), "{refused}");
    }
}
