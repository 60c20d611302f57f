//! What an administrator can do to an account, and the form for it.

use leptos::prelude::*;

use crate::{
    domain::{administration::Person, field::Field, role::Role},
    pages::confirm::confirmation,
    ui::{
        erased::Erase,
        form::{
            ErrorMessages, Form, FormState,
            fields::{Submit, TextField, Tick},
        },
    },
};

/// The page's forms.
#[derive(Clone, Copy)]
pub struct Forms {
    pub role: FormState,
    pub active: FormState,
    pub sessions: FormState,
    pub reset: FormState,
    pub confirm: FormState,
}

impl Forms {
    /// Whether this document says why one of them was refused.
    pub fn were_refused(&self) -> bool {
        let Forms { role, active, sessions, reset, confirm } = self;
        [role, active, sessions, reset, confirm].iter().any(|form| form.was_refused())
    }
}

/// What can be done, by the query that its form lies behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Role,
    Active,
    Sessions,
    Reset,
    Confirm,
}

impl Choice {
    pub fn of(query: &str) -> Option<Self> {
        let all = [Self::Role, Self::Active, Self::Sessions, Self::Reset, Self::Confirm];
        all.into_iter().find(|choice| choice.query() == query)
    }

    pub const fn query(self) -> &'static str {
        match self {
            Choice::Role => "set-role",
            Choice::Active => "set-active",
            Choice::Sessions => "end-sessions",
            Choice::Reset => "mail-reset",
            Choice::Confirm => "confirm",
        }
    }
}

/// The ways to the forms.
pub fn choices(person: &Person, sessions: u32, here: &str) -> impl IntoView + use<> {
    let link = |choice: Choice, text: &'static str| {
        let href = format!("{here}?form={}", choice.query());
        view! { <a class="button secondary" href=href rel="external">{text}</a> }
    };
    let active = match (person.active, &person.closed) {
        (true, _) => "Deactivate",
        (false, Some(_)) => "Deactivate or activate",
        (false, None) => "Activate",
    };
    view! {
        <p class="actions">
            {link(Choice::Role, "Change the role")}
            {link(Choice::Active, active)}
            {(sessions > 0).then(|| link(Choice::Sessions, "End all sessions"))}
            {person.active.then(|| link(Choice::Reset, "Mail a link for a new password"))}
        </p>
    }
}

/// The form for what was chosen or, when that needs a fresh proof, the form for it in its place.
pub fn form_for(
    choice: Choice,
    forms: Forms,
    person: &Person,
    here: &str,
    viewer: &str,
) -> AnyView {
    let (form, button) = match choice {
        Choice::Role => (forms.role, "Change the role"),
        Choice::Active if person.active => (forms.active, "Deactivate"),
        Choice::Active if person.closed.is_some() => (forms.active, "Decide"),
        Choice::Active => (forms.active, "Activate"),
        Choice::Sessions => (forms.sessions, "End all sessions"),
        Choice::Reset => (forms.reset, "Mail the link"),
        Choice::Confirm => return confirmation(forms.confirm, viewer.into(), here),
    };
    let oneself = (person.username == viewer && choice != Choice::Reset).then(|| sure(form));
    let fields = fields_of(choice, form, person);
    let (name, to) = (person.username.clone(), format!("{here}?form={}", choice.query()));
    let back = here.to_owned();
    let asks = view! {
        <Form form to>
            <input type="hidden" name="username" value=name />
            {fields}
            <TextField form field=Field::Reason hint="May stay empty. It goes into the log, which administrators read." />
            {oneself}
            <p class="actions">
                <Submit form label=button class=if button == "Deactivate" { "destructive" } else { "primary" } />
                <a class="button secondary" href=back rel="external">"Cancel"</a>
            </p>
        </Form>
    };
    let (here, viewer) = (here.to_owned(), viewer.to_owned());
    let needed = Memo::new(move |_| form.wants_proof());
    let proof =
        move || needed.get().then(|| confirmation(forms.confirm, viewer.clone(), here.clone()));
    view! { <ErrorMessages form />{proof}<div hidden=move || needed.get()>{asks}</div> }.erased()
}

/// What it will do, and what it needs to know.
fn fields_of(choice: Choice, form: FormState, person: &Person) -> AnyView {
    match choice {
        Choice::Role => {
            let wanted = form.typed("role");
            let before = wanted.as_deref().and_then(Role::from_name);
            let before = before.or(person.roles.first().copied());
            let options = Role::ALL.map(|role| {
                view! { <option value=role.name() selected=before == Some(role)>{role_in_words(role)}</option> }
            });
            view! {
                <p>"They are logged out everywhere, and told by mail. You can change it back."</p>
                <div class="field">
                    <label for="role">"Role"</label>
                    <select id="role" name="role">{options.collect_view()}</select>
                </div>
            }
            .erased()
        }
        Choice::Active if person.active => view! {
            <p>"They are logged out everywhere, cannot log in, and are told by mail. Their profile is gone from the site; what they published stays. You can activate the account again."</p>
            <input type="hidden" name="active" value="false" />
        }
        .erased(),
        Choice::Active if person.closed.is_some() => {
            let wanted = form.typed("active").is_some_and(|active| active == "true");
            view! {
                <p>"Its owner has closed this account, and can take it back until it is deleted. Deactivated, they cannot. Activated, it is not deleted, and they can log in again. They are told by mail."</p>
                <div class="field">
                    <label for="active">"The account"</label>
                    <select id="active" name="active">
                        <option value="false" selected=!wanted>"Deactivate it"</option>
                        <option value="true" selected=wanted>"Activate it"</option>
                    </select>
                </div>
            }
            .erased()
        }
        Choice::Active => view! {
            <p>"They can log in again with the password that they had, and are told by mail."</p>
            <input type="hidden" name="active" value="true" />
        }
        .erased(),
        Choice::Sessions => view! {
            <p>"They are logged out in every browser, and links that were mailed to them open nothing any more. They can log in again."</p>
        }
        .erased(),
        Choice::Reset | Choice::Confirm => view! {
            <p>"Only they see the link. It works for 15 minutes, and their password stays until they use it. Whoever was mailed two within a quarter of an hour gets no third."</p>
        }
        .erased(),
    }
}

const fn role_in_words(role: Role) -> &'static str {
    match role {
        Role::Reader => "Reader: reads what is for members",
        Role::Author => "Author: writes as well",
        Role::Editor => "Editor: takes the articles of others offline as well",
        Role::Administrator => "Administrator: looks after accounts as well",
    }
}

/// What is asked of whoever does it to themselves.
fn sure(form: FormState) -> impl IntoView {
    view! {
        <Tick
            form
            field=Field::Sure
            label="This is my own account: I log myself out, and may not be able to undo it"
        />
    }
}
