//! The one table of who may do what, and the proof that it was asked.
//!
//! A service function that changes or reads something demands a [`Permit`] for it. Only [`Caller::permit`] makes one, so
//! a handler cannot forget the question. The member is part of it: a permit holds at one member, or, where the table
//! says so, at every one.

use std::marker::PhantomData;

use crate::domain::client::Role;
use crate::domain::ids::{ClientId, MemberId};

/// Who is asking, as their token and the network say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The machine.
    pub client: ClientId,
    /// For whom it acts.
    pub member: MemberId,
    /// In which role.
    pub role: Role,
}

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere.
    Nowhere,
    /// At the caller's own member.
    Own,
    /// At every member.
    Network,
}

/// Something one may be allowed to do.
pub trait Permission: 'static {
    /// Its name in logs and in the golden table.
    const NAME: &'static str;
    /// Where a role may do it.
    fn reach(role: Role) -> Reach;
}

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident:
        $gate:ident $hr_officer:ident $screening_officer:ident $screening_approver:ident $member_admin:ident $network_admin:ident;
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
            impl Permission for $name {
                const NAME: &'static str = stringify!($name);
                fn reach(role: Role) -> Reach {
                    match role {
                        Role::Gate => Reach::$gate,
                        Role::HrOfficer => Reach::$hr_officer,
                        Role::ScreeningOfficer => Reach::$screening_officer,
                        Role::ScreeningApprover => Reach::$screening_approver,
                        Role::MemberAdmin => Reach::$member_admin,
                        Role::NetworkAdmin => Reach::$network_admin,
                    }
                }
            }
        )*
        /// The table by name, for the golden text.
        pub fn by_name(role: Role) -> Vec<(&'static str, Reach)> {
            vec![$(($name::NAME, $name::reach(role)),)*]
        }
    };
}

table! {
    //                   gate    hr_officer screening_officer screening_approver member_admin network_admin
    /// Ask whether a card is good at an own gate.
    CheckGate:           Own     Nowhere    Nowhere           Nowhere            Nowhere      Nowhere;
    /// Ask where any credential stands, without whose it is.
    ReadStatus:          Network Network    Nowhere           Nowhere            Nowhere      Nowhere;
    /// See members, facilities, zones and card systems.
    ReadNetwork:         Nowhere Network    Nowhere           Nowhere            Network      Network;
    /// Add and change members.
    KeepMembers:         Nowhere Nowhere    Nowhere           Nowhere            Nowhere      Network;
    /// Add and change facilities, zones, gates and card systems.
    KeepFacilities:      Nowhere Nowhere    Nowhere           Nowhere            Own          Network;
    /// See gates.
    ReadGates:           Nowhere Own        Nowhere           Nowhere            Own          Network;
    /// See, add and revoke clients.
    KeepClients:         Nowhere Nowhere    Nowhere           Nowhere            Own          Network;
    /// See workers and engagements.
    ReadWorkers:         Nowhere Own        Own               Nowhere            Nowhere      Nowhere;
    /// Register workers, begin and end engagements.
    KeepWorkers:         Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// See screenings.
    ReadScreenings:      Nowhere Nowhere    Own               Own                Nowhere      Nowhere;
    /// Open screenings, send them, record outcomes, appeals and the end of validity or consent.
    KeepScreenings:      Nowhere Nowhere    Own               Nowhere            Nowhere      Nowhere;
    /// Record what an appeal came to, that its term ran out, or that a condition was not met.
    DecideScreenings:    Nowhere Nowhere    Nowhere           Own                Nowhere      Nowhere;
    /// See credentials with their badges.
    ReadCredentials:     Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// Issue credentials and add badges.
    Issue:               Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// Suspend credentials.
    Suspend:             Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// Lift suspensions.
    Lift:                Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// Revoke credentials.
    Revoke:              Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// Bring in files.
    Import:              Nowhere Own        Nowhere           Nowhere            Nowhere      Nowhere;
    /// See which cards were refused.
    ReadSightings:       Nowhere Own        Nowhere           Nowhere            Own          Nowhere;
}

/// Proof that the table allows `P` to this caller. Copying it is harmless: it says who, and for how far.
#[derive(Debug)]
pub struct Permit<P> {
    caller: Caller,
    reach: Reach,
    permission: PhantomData<fn() -> P>,
}

impl<P> Clone for Permit<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Permit<P> {}

/// The table does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this role may not do this")]
pub struct Forbidden;

impl Caller {
    /// Asks the table.
    pub fn permit<P: Permission>(self) -> Result<Permit<P>, Forbidden> {
        match P::reach(self.role) {
            Reach::Nowhere => Err(Forbidden),
            reach => Ok(Permit {
                caller: self,
                reach,
                permission: PhantomData,
            }),
        }
    }
}

impl<P: Permission> Permit<P> {
    /// Who was allowed.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// Whether it holds at this member. Where it does not, the member's objects do not exist for the caller.
    pub fn covers(&self, member: MemberId) -> bool {
        self.reach == Reach::Network || member == self.caller.member
    }

    /// Whether it holds at every member.
    pub fn covers_all(&self) -> bool {
        self.reach == Reach::Network
    }
}
