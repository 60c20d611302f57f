//! `/settings/data/import`: importing articles from a file.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use super::{
    confirm::{Confirm, confirmation},
    settings::show_account,
};
use crate::{
    domain::{
        account::OwnAccount,
        transfer::{Line, Outcome, Report},
    },
    ui::{
        data::Data,
        erased::Erase,
        form::{ErrorMessages, FormState, use_form},
        load::loaded,
    },
};

/// The page, and where its form goes. It is no server function, and has no other name: what it
/// carries is a file.
pub const IMPORT: &str = "/settings/data/import";

crate::ui::lazy::lazy_page! {
    /// The route of [`ImportPage`].
    IMPORT_ROUTE = ImportPage in settings
}

/// The page that takes articles in. Its form is the browser's own, with JavaScript too.
#[component]
pub fn ImportPage() -> impl IntoView {
    let report = SharedValue::new(use_context::<Report>).into_inner();
    let account = Data::new(|| (), |()| show_account());
    let (import, confirm) = (use_form(IMPORT), use_form(Confirm::PATH));
    let report = StoredValue::new(report);
    loaded(account, move |account: OwnAccount| {
        show(account.username, import, confirm, report.get_value())
    })
}

fn show(
    username: String,
    import: FormState,
    confirm: FormState,
    report: Option<Report>,
) -> AnyView {
    let stale = import.wants_proof() || confirm.was_refused();
    let shown = if stale { confirmation(confirm, username, IMPORT) } else { choose() };
    view! {
        <Title text="Import articles" />
        <div class="page narrow">
            <h1>"Import articles"</h1>
            <ErrorMessages form=import />
            {report.map(tell)}
            {shown}
            <p class="aside"><a href="/settings/data">"Your data"</a></p>
        </div>
    }
    .erased()
}

fn choose() -> AnyView {
    view! {
        <p>"A zip of Markdown files with front matter, such as your own download, or an export from a RealWorld (Conduit) site: the JSON that it answers with at /api/articles. The articles and their pictures become yours. Nothing that is here already is changed, so the same file can be imported twice."</p>
        <form class="form" method="post" action=IMPORT enctype="multipart/form-data">
            <div class="field">
                <label for="file">"File"</label>
                <input id="file" name="file" type="file" accept=".zip,.json,application/zip,application/json" required />
            </div>
            <p class="actions">
                <button type="submit">"Import"</button>
                <button type="submit" name="look" value="true" class="secondary">"Check the file first"</button>
            </p>
        </form>
    }
    .erased()
}

fn tell(report: Report) -> AnyView {
    let sum = report.text();
    let told = report.lines.len();
    let files = report.taken + report.there + report.skipped;
    let rest = usize::try_from(files).unwrap_or(told).saturating_sub(told);
    let more = (rest > 0).then(|| view! { <li>{format!("and {rest} more")}</li> });
    let heading = if report.looked { "What would be imported" } else { "What was imported" };
    let line = |Line { file, outcome }: Line| {
        let became = match outcome {
            Outcome::Taken if report.looked => "would be imported".to_owned(),
            Outcome::Taken => "imported".to_owned(),
            Outcome::There => "there already".to_owned(),
            Outcome::Skipped(reason) => format!("left out. {}", reason.text()),
        };
        view! { <li><code dir="auto">{file}</code>" – "{became}</li> }
    };
    let lines = report.lines.into_iter().map(line).collect_view();
    view! {
        <section>
            <h2>{heading}</h2>
            <p role="status">{sum}</p>
            <ul>{lines}{more}</ul>
        </section>
    }
    .erased()
}
