//! The stories. Each is an async function of a [`World`](crate::support::World); [`all!`] names them once for both databases.

pub mod demo;
pub mod gate_check;

/// Every story, as a test on one database.
macro_rules! all {
    ($database:expr) => {
        $crate::stories::tell!($database, gate_check:
            a_badge_revoked_at_b_is_refused_at_a,
            a_suspended_badge_is_refused_until_it_is_lifted,
        );
    };
}
pub(crate) use all;

/// Makes tests of stories.
macro_rules! tell {
    ($database:expr, $file:ident: $($story:ident,)*) => {
        mod $file {
            use super::*;
            $(
                #[actix_web::test]
                async fn $story() {
                    let world = $crate::support::World::begin($database).await;
                    $crate::stories::$file::$story(world).await;
                }
            )*
        }
    };
}
pub(crate) use tell;
