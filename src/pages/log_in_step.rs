//! `/login/step`: the second step of a log-in.

use leptos::{
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::settings::LogOut;
use crate::{
    domain::{code::TypedCode, field::Field, next::Next, security::Factors},
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{
            Done, ErrorMessages, Form, FormState,
            fields::{Submit, TextField},
            use_form,
        },
        load::{answered, refusal},
        passkey::with_passkey,
        status::set_status,
    },
};

/// By what the log-in that this browser has under way can be finished.
// reads only
#[server(prefix = "/rpc", endpoint = "second-step", input = GetUrl, output = Json)]
pub async fn second_step() -> Result<Factors, Error> {
    use crate::server::{context, factors, failure::Failure, second_step};
    let state = context::state()?;
    let pending = second_step::require(&state, context::cookie(second_step::COOKIE)?).await?;
    Ok(factors::of(&state.db, pending.user.id).await.map_err(Failure::from)?)
}

/// Finishes a log-in with digits from an app, or with a recovery code, and goes on to `next` if
/// that is a page of ours.
#[server(prefix = "/rpc", endpoint = "finish-log-in", output = Json)]
pub async fn finish_log_in(
    #[server(default)] code: TypedCode,
    #[server(default)] recovery_code: TypedCode,
    #[server(default)] next: String,
) -> Result<Done, Error> {
    use crate::server::{context, factors::Given, second_step};
    let (state, client, mut session) = (context::state()?, context::client()?, context::session()?);
    let pending = second_step::require(&state, context::cookie(second_step::COOKIE)?).await?;
    let given = Given::parse(&code, &recovery_code, pending.user.authenticator)
        .map_err(|wrong| Error::Invalid(vec![wrong]))?;
    second_step::answer(&state, &mut session, &client, pending, &given).await?;
    Ok(Done::anew(Next::parse(&next).into_path()))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`LogInStepPage`].
    LOG_IN_STEP_ROUTE = LogInStepPage in links
}

/// The page between a right password and being logged in.
#[component]
pub fn LogInStepPage() -> impl IntoView {
    let factors = Data::new(|| (), |()| second_step());
    let (form, cancel) = (use_form(FinishLogIn::PATH), use_form(LogOut::PATH));
    let wanted = use_query_map().with_untracked(|query| query.get("next"));
    let wanted = wanted.as_deref().map_or_else(Next::home, Next::parse).into_path();
    let next = StoredValue::new(form.typed("next").unwrap_or(wanted));
    answered(factors, move |factors| match factors {
        Ok(factors) => step(factors, next.get_value(), form, cancel),
        Err(error @ Error::Unauthenticated) => {
            set_status(error.status());
            ended().erased()
        }
        Err(error) => refusal(error),
    })
}

fn step(factors: Factors, next: String, form: FormState, cancel: FormState) -> AnyView {
    let over = move || form.error() == Some(Error::Unauthenticated);
    let passkey = factors.passkeys.then(|| with_passkey("step", "Use a passkey"));
    // What is likeliest to be at hand comes first.
    let (before, after) = if factors.authenticator { (None, passkey) } else { (passkey, None) };
    view! {
        <Title text="Second step" />
        <div class="page narrow">
            <h1>"One more step"</h1>
            <p>"The password is right. Show that you have your second factor as well."</p>
            {before}
            <Form form to="/login/step?form=finish">
                <input type="hidden" name="next" value=next />
                <Show when=over fallback=move || view! { <ErrorMessages form /> }>
                    {begin_again()}
                </Show>
                {code_fields(form, factors.authenticator)}
                <p class="actions"><Submit form label="Log in" /></p>
            </Form>
            {after}
            <Form form=cancel to="/login/step?form=cancel">
                <p class="actions"><Submit form=cancel label="Cancel" class="secondary" /></p>
            </Form>
        </div>
    }
    .erased()
}

/// The inputs for a second factor: digits from an app, where there is one, and behind a fold
/// what stands in for them.
pub fn code_fields(form: FormState, authenticator: bool) -> AnyView {
    let digits = authenticator.then(|| {
        view! {
            <TextField
                form
                field=Field::Code
                autocomplete="one-time-code"
                hint="Six digits from your authenticator app."
            />
        }
    });
    let wrong =
        move || form.error().is_some_and(|error| error.about(Field::RecoveryCode).is_some());
    view! {
        {digits}
        <details class="fold" open=move || !authenticator || wrong()>
            <summary>"Use a recovery code"</summary>
            <TextField
                form
                field=Field::RecoveryCode
                hint="One of those that you wrote down. It works once."
            />
        </details>
    }
    .erased()
}

fn begin_again() -> impl IntoView {
    view! {
        <div role="alert">
            <ul class="error-messages" tabindex="-1">
                <li>"This log-in took too long, or was tried too often. "<a href="/login">"Begin again"</a>"."</li>
            </ul>
        </div>
    }
}

fn ended() -> impl IntoView {
    view! {
        <Title text="Second step" />
        <div class="page narrow message-page">
            <h1>"This log-in is over"</h1>
            <p>"It took too long, or was tried too often, or was finished already."</p>
            <p class="actions"><a class="button" href="/login">"Log in"</a></p>
        </div>
    }
}
