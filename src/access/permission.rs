//! The one table of who may do what, and the proof that it was asked.
//!
//! A service function that changes or reads something demands a [`Permit`] for it. Only [`Caller::permit`] makes one, so
//! a handler cannot forget the question. The member is part of it: a permit holds at one member, or, where the table
//! says so, at every one.

use std::marker::PhantomData;

use crate::domain::client::Role;
use crate::domain::ids::{ClientId, MemberId, PersonId};

/// Who is asking, as their token and the network say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The machine.
    pub client: ClientId,
    /// For whom it acts.
    pub member: MemberId,
    /// In which role.
    pub role: Role,
    /// The person behind it, where it is a person's tool.
    pub person: Option<PersonId>,
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
    ($($(#[$doc:meta])* $name:ident: $($role:ident $reach:ident),+;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
            impl Permission for $name {
                const NAME: &'static str = stringify!($name);
                fn reach(role: Role) -> Reach {
                    match role {
                        $(Role::$role => Reach::$reach,)+
                        _ => Reach::Nowhere,
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

// Who may, and how far. A role that is not named may not.
table! {
    /// Ask whether a card is good at an own gate.
    CheckGate: Gate Own;
    /// Ask where any credential stands, without whose it is.
    ReadStatus: Gate Network, HrOfficer Network, HrApprover Network, FacilityOfficer Network, DutyOfficer Network;
    /// See members, facilities, zones and card systems.
    ReadNetwork: HrOfficer Network, HrApprover Network, ScreeningOfficer Network, ScreeningApprover Network, FacilityOfficer Network, DutyOfficer Network, Registrar Network, Auditor Network, MemberAdmin Network, NetworkAdmin Network;
    /// Add and change members.
    KeepMembers: NetworkAdmin Network;
    /// Add and change facilities, zones, gates and card systems; what opens one with a second administrator, where there are two.
    KeepFacilities: MemberAdmin Own, NetworkAdmin Network;
    /// See gates.
    ReadGates: HrOfficer Own, HrApprover Own, FacilityOfficer Own, DutyOfficer Own, MemberAdmin Own, NetworkAdmin Network;
    /// See, add and revoke clients, and the people who use them. Adds with a second administrator, where there are two.
    KeepClients: MemberAdmin Own, NetworkAdmin Network;
    /// See workers and engagements.
    ReadWorkers: HrOfficer Own, HrApprover Own, ScreeningOfficer Own, ScreeningApprover Own;
    /// Register workers, begin and end engagements, one by one or all at an employer that lapsed.
    KeepWorkers: HrOfficer Own;
    /// See match cases of which one's member has either record.
    ReadMatchCases: HrOfficer Own, HrApprover Own;
    /// Say whether two records are of one person.
    DecideMatchCases: HrOfficer Own;
    /// See which workers are to be erased.
    ReadErasures: Registrar Own, Auditor Own;
    /// Ask for a worker to be erased, and take it back.
    Erase: Registrar Own;
    /// See who was shown whom.
    ReadLookups: Registrar Own, Auditor Own;
    /// Read all that is held of a worker, to give it to them.
    ExportWorkers: Registrar Own;
    /// See how long what is kept, and how much of it is past its time.
    ReadRetention: Registrar Own, Auditor Own;
    /// See screenings.
    ReadScreenings: ScreeningOfficer Own, ScreeningApprover Own;
    /// Open screenings, send them, record outcomes, appeals and the end of consent.
    KeepScreenings: ScreeningOfficer Own;
    /// Record what an appeal came to, that its term ran out, or that a condition was not met.
    DecideScreenings: ScreeningApprover Own;
    /// See what an unfavourable outcome would do, before there is one.
    ReadScreeningImpact: ScreeningOfficer Own, ScreeningApprover Own;
    /// See what was asked for that needs a second person, at one's own desk, and take back what one asked for.
    ReadApprovals: HrOfficer Own, HrApprover Own, ScreeningOfficer Own, ScreeningApprover Own, FacilityOfficer Own, DutyOfficer Own, Registrar Own, MemberAdmin Own, NetworkAdmin Network;
    /// Be the second person.
    AnswerApprovals: HrApprover Own, ScreeningApprover Own, Registrar Own, MemberAdmin Own, NetworkAdmin Network;
    /// Say whether the network shares what is held against somebody for cause, with a second person.
    KeepSharing: NetworkAdmin Network;
    /// Let one person issue a member's credentials, with a second administrator.
    KeepIssuing: NetworkAdmin Network;
    /// Record on which legal basis a member shares.
    KeepLegalBasis: Registrar Own;
    /// See what issuers tell each other of a person, drafts among it.
    ReadReferrals: HrOfficer Own, HrApprover Own, Registrar Own;
    /// Send drafts, and answer what others tell, with a second person.
    KeepReferrals: HrOfficer Own;
    /// See what waits for somebody in one's role.
    ReadWork: HrOfficer Own, HrApprover Own, ScreeningOfficer Own, ScreeningApprover Own, Registrar Own, MemberAdmin Own, NetworkAdmin Network;
    /// See the exclusions that one's member proposed or was told of.
    ReadExclusions: HrOfficer Own, HrApprover Own, Registrar Own;
    /// Propose exclusions, answer those of others, decide contests and take back, with a second person.
    KeepExclusions: HrOfficer Own;
    /// Note that somebody contests an exclusion.
    ContestExclusions: Registrar Own;
    /// See port bans, without whom they are about.
    ReadBans: Register Network, NetworkAdmin Network;
    /// Say which port bans there are, and end them; an administrator with a second person.
    KeepBans: Register Network, NetworkAdmin Network;
    /// See credentials with their badges.
    ReadCredentials: HrOfficer Own, HrApprover Own, FacilityOfficer Own, DutyOfficer Own;
    /// Issue credentials and add badges.
    Issue: HrOfficer Own;
    /// Suspend credentials.
    Suspend: HrOfficer Own, FacilityOfficer Own, DutyOfficer Own;
    /// Lift suspensions.
    Lift: HrOfficer Own;
    /// Revoke credentials.
    Revoke: HrOfficer Own, DutyOfficer Own;
    /// Note that a credential was revoked wrongly, with a registrar for a second person.
    CorrectRevocations: HrApprover Own;
    /// Break the glass: open a time without the rule on bulk, and close it.
    BreakTheGlass: DutyOfficer Own;
    /// See where and why a glass was broken.
    ReadBreakGlass: HrOfficer Own, HrApprover Own, FacilityOfficer Own, DutyOfficer Network, Registrar Network, Auditor Network, MemberAdmin Network, NetworkAdmin Network;
    /// See what a revocation would do, before it is made.
    ReadRevocationImpact: HrOfficer Own, DutyOfficer Own;
    /// See what the end of an engagement would do, before it is ended, or of all at an employer.
    ReadEndImpact: HrOfficer Own;
    /// Bring in files.
    Import: HrOfficer Own, ScreeningOfficer Own, Register Own;
    /// See what was found in files.
    ReadImports: HrOfficer Own, HrApprover Own, ScreeningOfficer Own, Register Own;
    /// See which cards were refused.
    ReadSightings: HrOfficer Own, FacilityOfficer Own, DutyOfficer Own, MemberAdmin Own;
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
