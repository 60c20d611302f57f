//! The two doors that a form's contents come through.
//!
//! `/rpc/…` is for programs, the hydrated pages among them: it answers with JSON and the
//! status that says the same. A page's own address is for plain HTML forms: success is a
//! redirect, and a refusal is the page itself with what was typed, what is wrong with it,
//! and the right status; nothing of it travels in an address. What is shown once is the page
//! as well, in the answer to the form. Behind both is the same server function.

use std::collections::BTreeSet;

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use leptos::server_fn::ServerFn;

use super::{AppState, export, failure::status_of, images, pages, transfer};
use crate::{
    domain::security::Handed,
    error::Error,
    pages::{
        account::{AskForEmail, ChangeEmail, ChangeUsername},
        admin::{
            person::{EndSessionsOf, MailReset, SetActive, SetRole},
            reports::SettleReport,
        },
        article::{
            WithdrawArticle,
            comments::{
                AddComment, DeleteComment, OpenComments, ReportComment, SetFavorite, ShowComment,
            },
        },
        articles::{DeleteArticle, DeleteForGood, RestoreArticle},
        confirm::Confirm,
        data::{DOWNLOAD, DeleteAccount},
        editor::calls::{DiscardChanges, SaveArticle},
        images::{DeleteImage, DescribeImage, ShowAsProfilePicture},
        invitations::{Invite, WithdrawInvitation},
        log_in::LogIn,
        log_in_step::FinishLogIn,
        not_me::Undo,
        passkeys::{RemovePasskey, RenamePasskey},
        profile::SetFollow,
        proof::{ChooseUsername, ConfirmByCode, ConfirmByLink, SendCodeAgain},
        register::Register,
        reset::{AskForReset, ResetPassword},
        restore::RestoreAccount,
        revisions::RestoreRevision,
        second_factor::{
            BeginAuthenticator, ConfirmAuthenticator, MakeRecoveryCodes, RemoveAuthenticator,
        },
        security::{ChangePassword, EndOtherSessions, EndSession},
        settings::{LogOut, SaveProfile},
    },
    ui::form::{Done, Refused},
};

/// Which server function a page's form is for, and which page shows its refusal. The forms
/// of a page that has several are told apart by the query of the address they are sent to.
pub const FORMS: &[(&str, &str)] = &[
    ("/login", LogIn::PATH),
    ("/login/step?form=finish", FinishLogIn::PATH),
    ("/register", Register::PATH),
    ("/register/confirm?form=code", ConfirmByCode::PATH),
    ("/register/confirm?form=again", SendCodeAgain::PATH),
    ("/register/confirm?form=name", ChooseUsername::PATH),
    ("/register/confirm/{token}", ConfirmByLink::PATH),
    ("/reset", AskForReset::PATH),
    ("/reset/{token}", ResetPassword::PATH),
    ("/settings", LogOut::PATH),
    ("/login/step?form=cancel", LogOut::PATH),
    ("/editor", SaveArticle::PATH),
    ("/editor/{slug}", SaveArticle::PATH),
    ("/editor/{slug}?form=discard", DiscardChanges::PATH),
    ("/articles?form=restore", RestoreArticle::PATH),
    ("/articles?form=delete-for-good", DeleteForGood::PATH),
    ("/articles/{slug}/revisions", RestoreRevision::PATH),
    ("/article/{slug}?form=withdraw", WithdrawArticle::PATH),
    ("/article/{slug}", DeleteArticle::PATH),
    ("/article/{slug}?form=comment", AddComment::PATH),
    ("/article/{slug}?form=delete-comment", DeleteComment::PATH),
    ("/article/{slug}?form=show-comment", ShowComment::PATH),
    ("/article/{slug}?form=open-comments", OpenComments::PATH),
    ("/article/{slug}?form=report", ReportComment::PATH),
    ("/article/{slug}?form=favorite", SetFavorite::PATH),
    ("/article/{slug}?form=follow", SetFollow::PATH),
    ("/profile/{username}?form=follow", SetFollow::PATH),
    ("/settings?form=profile", SaveProfile::PATH),
    ("/admin/reports?form=settle", SettleReport::PATH),
    ("/settings/invitations?form=make", Invite::PATH),
    ("/settings/invitations?form=withdraw", WithdrawInvitation::PATH),
    ("/settings/security?form=end-session", EndSession::PATH),
    ("/settings/security?form=end-other-sessions", EndOtherSessions::PATH),
    ("/settings/security?form=change-password", ChangePassword::PATH),
    ("/settings/security?form=confirm", Confirm::PATH),
    ("/settings/account?form=change-username", ChangeUsername::PATH),
    ("/settings/account?form=ask-for-email", AskForEmail::PATH),
    ("/settings/account?form=confirm", Confirm::PATH),
    ("/settings/email/{token}?form=change-email", ChangeEmail::PATH),
    ("/settings/email/{token}?form=confirm", Confirm::PATH),
    ("/not-me/{token}", Undo::PATH),
    ("/settings/data?form=confirm", Confirm::PATH),
    ("/settings/data?form=delete", DeleteAccount::PATH),
    ("/settings/data/import?form=confirm", Confirm::PATH),
    ("/restore/{token}", RestoreAccount::PATH),
    ("/settings/security/passkeys?form=rename-passkey", RenamePasskey::PATH),
    ("/settings/security/passkeys?form=remove-passkey", RemovePasskey::PATH),
    ("/settings/security/passkeys?form=confirm", Confirm::PATH),
    ("/admin/people/{username}?form=set-role", SetRole::PATH),
    ("/admin/people/{username}?form=set-active", SetActive::PATH),
    ("/admin/people/{username}?form=end-sessions", EndSessionsOf::PATH),
    ("/admin/people/{username}?form=mail-reset", MailReset::PATH),
    ("/admin/people/{username}?form=confirm", Confirm::PATH),
    ("/admin?form=confirm", Confirm::PATH),
    ("/admin/log?form=confirm", Confirm::PATH),
    ("/images?form=describe", DescribeImage::PATH),
    ("/images?form=delete", DeleteImage::PATH),
    ("/images?form=profile", ShowAsProfilePicture::PATH),
    ("/settings/security/second-factor?form=begin-authenticator", BeginAuthenticator::PATH),
    ("/settings/security/second-factor?form=confirm-authenticator", ConfirmAuthenticator::PATH),
    ("/settings/security/second-factor?form=remove-authenticator", RemoveAuthenticator::PATH),
    ("/settings/security/second-factor?form=make-recovery-codes", MakeRecoveryCodes::PATH),
    ("/settings/security/second-factor?form=confirm", Confirm::PATH),
];

/// The pages that have forms, each once.
pub fn pages_with_forms() -> BTreeSet<&'static str> {
    FORMS.iter().map(|(address, _)| path_of(address)).collect()
}

fn path_of(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

/// The server function for a form that was sent to this page with this query.
/// One that the page does not have is for none, and not for the page's own.
fn function_of(page: &str, query: Option<&str>) -> Option<&'static str> {
    let named = query.is_some_and(|query| query.starts_with("form="));
    let meant = FORMS.iter().find(|(address, _)| match address.split_once('?') {
        Some((path, form)) => path == page && query == Some(form),
        None => *address == page && !named,
    });
    meant.map(|(_, function)| *function)
}

/// Answers everything under `/rpc`.
pub async fn rpc(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let known: Vec<Method> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(p, _)| *p == path)
        .map(|(_, method)| method)
        .collect();
    if known.is_empty() {
        return json(&Error::NotFound);
    }
    if !known.contains(request.method()) {
        let allow = known.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allow)], Json(Error::BadRequest))
            .into_response();
    }
    if request.method() == Method::POST {
        if !is_form(request.headers()) {
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Json(Error::BadRequest)).into_response();
        }
        if accepts_html(request.headers()) {
            let page = FORMS.iter().find(|(_, function)| *function == path);
            let page = page.map_or("/", |(address, _)| path_of(address));
            let page = if page.contains('{') { "/" } else { page };
            return form(state, request, page, &path).await;
        }
    }
    call(&state, request).await
}

/// Answers a plain form that was sent to a page's own address.
pub async fn page_form(
    State(state): State<AppState>,
    request: Request,
    page: &'static str,
) -> Response {
    if transfer::door::is_import(&request) {
        return transfer::door::import(state, request).await;
    }
    if images::door::is_upload(&request) {
        return images::door::upload(state, request).await;
    }
    let query = request.uri().query();
    let is_download = DOWNLOAD.split_once('?') == query.map(|query| (page, query));
    let function = function_of(page, query);
    if function.is_none() && !is_download {
        return StatusCode::NOT_FOUND.into_response();
    }
    if !is_form(request.headers()) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Some(function) = function else { return download(state, request).await };
    let page = request.uri().path().to_owned();
    form(state, request, &page, function).await
}

async fn form(state: AppState, request: Request, page: &str, function: &str) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(body) = read(body, state.config.body_limit).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let here = parts.uri.clone();
    let Ok(uri) = function.parse::<Uri>() else { return StatusCode::NOT_FOUND.into_response() };
    parts.uri = uri;
    let answer = call(&state, Request::from_parts(parts.clone(), Body::from(body.clone()))).await;
    let (head, answer) = answer.into_parts();
    let Ok(answer) = to_bytes(answer, ANSWER_LIMIT).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = if head.status.is_success() {
        match (serde_json::from_slice::<Done>(&answer), serde_json::from_slice::<Handed>(&answer)) {
            (Ok(done), _) => see_other(&done.to),
            (_, Ok(handed)) => {
                pages::render_handed(&state, as_get(parts, page, &here), handed).await
            }
            _ => see_other("/"),
        }
    } else {
        let error = serde_json::from_slice(&answer).unwrap_or(Error::BadRequest);
        let refused = Refused { function: function.to_owned(), error, typed: typed(&body) };
        pages::render_refused(&state, as_get(parts, page, &here), refused).await
    };
    // The cookies that the function set or took back.
    for cookie in head.headers.get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

/// The one form that is answered with a file. It is a form and not a link, since it is written
/// down, told by mail and counted, and what reads does not write; it is the browser's own and not
/// a server function's, since a browser that is sent a file keeps it and stays where it is, with
/// JavaScript and without.
async fn download(state: AppState, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let here = parts.uri.clone();
    if read(body, state.config.body_limit).await.is_none() {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    match export::download(&state, &parts).await {
        Ok(file) => file,
        Err(failure) => {
            let refused =
                Refused { function: DOWNLOAD.to_owned(), error: failure.into(), typed: Vec::new() };
            pages::render_refused(&state, as_get(parts, here.path(), &here), refused).await
        }
    }
}

/// A request for the page that a form was sent to, by whoever sent the form.
pub(super) fn as_get(mut parts: Parts, page: &str, here: &Uri) -> Request {
    let query = here.query().map(|q| format!("?{q}")).unwrap_or_default();
    parts.uri = format!("{page}{query}").parse().unwrap_or_else(|_| here.clone());
    parts.method = Method::GET;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Request::from_parts(parts, Body::empty())
}

/// More than any answer to a form or any error is long.
const ANSWER_LIMIT: usize = 65_536;

/// Runs a server function and gives its error the status that says the same: Leptos itself
/// answers every error with 500. It also answers whoever takes HTML with a redirect to the
/// Referer, which anybody can write; so it is never told.
async fn call(state: &AppState, mut request: Request) -> Response {
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let (parts, body) = request.into_parts();
    let Some(body) = read(body, state.config.body_limit).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = Request::from_parts(parts, Body::from(body));
    let state = state.clone();
    let provide = move || pages::provide(&state);
    let response =
        leptos_axum::handle_server_fns_with_context(provide, request).await.into_response();
    if response.headers().contains_key(leptos::server_fn::error::SERVER_FN_ERROR_HEADER) {
        let body = to_bytes(response.into_body(), ANSWER_LIMIT).await.unwrap_or_default();
        return json(&serde_json::from_slice(&body).unwrap_or(Error::BadRequest));
    }
    response
}

/// The body, if it is within the limit. One that is not is read to its end all the same,
/// and thrown away: a browser that is still sending when the connection closes shows its
/// own error page and not our answer. The layer outside cuts off what is far beyond.
async fn read(mut body: Body, limit: u64) -> Option<Bytes> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut kept = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= limit {
            kept.extend_from_slice(&data);
        }
    }
    (length <= limit).then(|| kept.into())
}

/// An error for a program: its code, its status, and when to come back.
pub fn json(error: &Error) -> Response {
    let mut response = (status_of(error), Json(error)).into_response();
    retry_after(error, response.headers_mut());
    response
}

/// `Retry-After` (RFC 9110, 10.2.3), in seconds.
pub fn retry_after(error: &Error, headers: &mut HeaderMap) {
    if let Some(seconds) = error.retry_after_s() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// Whether the caller shows HTML to a person: a browser's form, not its `fetch`.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.contains("text/html"))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// 303: a browser follows with GET, and never sends a password or an article twice.
pub(super) fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// More inputs than any form of ours has.
const MOST_INPUTS: usize = 24;

/// What was typed, to be typed no second time; passwords and codes excepted.
fn typed(body: &Bytes) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body)
        .take(MOST_INPUTS)
        .filter(|(name, _)| !name.contains("password") && !name.contains("code"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
