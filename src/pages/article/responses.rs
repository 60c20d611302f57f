//! What readers made of an article, as HTML. Only the server calls this: what stands here is no
//! part of what readers download, so each form is the browser's own.

use html_escape::encode_text;
use leptos::{prelude::*, server_fn::ServerFn};

use super::comments::{
    AddComment, DeleteComment, FAVORITE, OPEN_COMMENTS, OpenComments, ReportComment, SetFavorite,
    ShowComment,
};
use crate::{
    domain::{
        account::FORMER,
        comment::{Comment, CommentState, Responses, Thread},
        field::Field,
    },
    error::Error,
    pages::profile::{FOLLOW, SetFollow},
    ui::{erased::Erase, form::Refused, list::signature, picture::picture},
};

/// The forms of which it says why they were refused.
const FORMS: [&str; 7] = [
    AddComment::PATH,
    DeleteComment::PATH,
    OpenComments::PATH,
    ReportComment::PATH,
    SetFavorite::PATH,
    SetFollow::PATH,
    ShowComment::PATH,
];

/// What stands under an article, with what was typed into a form that was refused.
pub fn html(responses: Responses, refused: Option<Refused>) -> String {
    let refused = refused.filter(|refused| FORMS.contains(&refused.function.as_str()));
    let Responses { slug, author, member, mine, favorites, favorite, following, thread } =
        responses;
    let here = Here { slug, member, mine, refused };
    let refusal = here.refusal();
    let liking = liking(&here, favorites, favorite);
    let follow =
        following.map(|follows| follow(&format!("/article/{}", here.slug), &author, follows));
    let thread = thread.map(|thread| comments(&here, thread));
    view! {
        <div class="responses" id="responses">{refusal}<div class="actions">{liking}{follow}</div></div>
        {thread}
    }
    .erased()
    .to_html()
}

/// The page that it stands on.
struct Here {
    slug: String,
    member: bool,
    mine: bool,
    refused: Option<Refused>,
}

impl Here {
    /// The address of one of its forms.
    fn to(&self, form: &str) -> String {
        format!("/article/{}?form={form}", self.slug)
    }

    /// The refused form, if it is for that function and, where there are several, that comment.
    fn refused(&self, function: &str, handle: Option<&str>) -> Option<&Refused> {
        let about = |refused: &&Refused| handle.is_none() || refused.typed("handle") == handle;
        self.refused.as_ref().filter(|refused| refused.function == function).filter(about)
    }

    /// Why a form was refused that has no field for it.
    fn refusal(&self) -> Option<AnyView> {
        let Refused { function, error, .. } = self.refused.as_ref()?;
        let text = match error {
            Error::Invalid(problems) => {
                problems.first().map(|(field, problem)| problem.text(*field))
            }
            other => Some(other.text()),
        };
        // Its field is below all that was said.
        let text = if function == AddComment::PATH {
            view! { <a href="#comment" rel="external">{text}</a> }.erased()
        } else {
            text.erased()
        };
        Some(view! {
            <div role="alert"><ul class="error-messages" tabindex="-1" autofocus=true><li>{text}</li></ul></div>
        }.erased())
    }
}

/// A form of one button. With an identifier, which the answer's address ends with, the keyboard and
/// the screen reader are at the button again once it was pressed, and hear what it says now.
fn button(
    id: Option<&'static str>,
    to: String,
    fields: &[(&'static str, String)],
    label: String,
) -> AnyView {
    button_of("secondary", id, to, fields, label)
}

/// A form of one button of that look.
fn button_of(
    class: &'static str,
    id: Option<&'static str>,
    to: String,
    fields: &[(&'static str, String)],
    label: String,
) -> AnyView {
    let fields = fields.iter().map(|(name, value)| {
        view! { <input type="hidden" name=*name value=value.clone() /> }
    });
    let fields = fields.collect_view();
    view! { <form class="inline-form" method="post" action=to>{fields}<button type="submit" id=id class=class>{label}</button></form> }
        .erased()
}

fn liking(here: &Here, count: u64, favorite: bool) -> AnyView {
    let people = match count {
        0 => None,
        1 => Some("One person’s favourite".to_owned()),
        n => Some(format!("{n} people’s favourite")),
    };
    if !here.member {
        return people.map(|people| view! { <p class="meta"><span>{people}</span></p> }).erased();
    }
    let label = if favorite { "Remove from favourites" } else { "Add to favourites" };
    let label = if count == 0 { label.to_owned() } else { format!("{label} ({count})") };
    let fields = [("slug", here.slug.clone()), ("favorite", (!favorite).to_string())];
    button(Some(FAVORITE), here.to("favorite"), &fields, label)
}

/// The button that follows an author, or no longer, and comes back to `page`.
fn follow(page: &str, author: &str, follows: bool) -> AnyView {
    let label = if follows { format!("Unfollow {author}") } else { format!("Follow {author}") };
    let fields = [
        ("username", author.to_owned()),
        ("follow", (!follows).to_string()),
        ("next", page.to_owned()),
    ];
    // The browser keeps the place over the redirect.
    button(Some(FOLLOW), format!("{page}?form=follow#{FOLLOW}"), &fields, label)
}

fn comments(here: &Here, thread: Thread) -> AnyView {
    let Thread { comments, page, more, open, moderates } = thread;
    let form = comment_form(here, open);
    let turning = turning(here, page, more);
    let comments =
        comments.into_iter().map(|comment| card(here, comment, moderates)).collect_view();
    let ending = here.mine.then(|| {
        let label = if open { "Close the comments" } else { "Open the comments again" };
        let fields = [("slug", here.slug.clone()), ("open", (!open).to_string())];
        button(Some(OPEN_COMMENTS), here.to("open-comments"), &fields, label.to_owned())
    });
    view! {
        <section class="comments" id="comments" tabindex="-1" aria-labelledby="comments-title">
            <h2 id="comments-title">"Comments"</h2>
            {comments}
            {turning}
            {form}
            {ending}
        </section>
    }
    .erased()
}

/// The ways to the earlier page and to the later one. The browser itself goes them, and finds the
/// place in the new document.
fn turning(here: &Here, page: u32, more: bool) -> Option<AnyView> {
    let link = |there: bool, to: u32, rel: &'static str, text: &'static str| {
        let href = format!("/article/{}?page={to}#comments", here.slug);
        there.then(|| view! { <li class="page-item"><a class="page-link" href=href rel=rel>{text}</a></li> })
    };
    let earlier = link(page > 1, page.saturating_sub(1), "prev external", "Earlier comments");
    let later = link(more, page.saturating_add(1), "next external", "Later comments");
    (page > 1 || more).then(|| {
        view! { <nav class="pagination" aria-label="Pages of comments"><ul>{earlier}{later}</ul></nav> }
            .erased()
    })
}

/// The form for another comment; what was typed into one that was refused stays, whatever the
/// reason.
fn comment_form(here: &Here, open: bool) -> AnyView {
    let refused = here.refused(AddComment::PATH, None);
    if refused.is_none() && !open {
        return view! { <p class="hint">"Comments are closed."</p> }.erased();
    }
    if refused.is_none() && !here.member {
        // Back to the form, which whoever is logged in finds there.
        let log_in = format!("/login?next=/article/{}%23comment", here.slug);
        return view! { <p><a href=log_in rel="external">"Log in"</a>" to comment."</p> }.erased();
    }
    let problem = refused.and_then(|refused| refused.error.about(Field::Comment));
    let invalid = problem.is_some().then_some("true");
    let described = if problem.is_some() { "comment-error comment-hint" } else { "comment-hint" };
    let problem = problem.map(|text| view! { <p class="error" id="comment-error">{text}</p> });
    // Leptos writes it as it is, and a parser takes a first line end away.
    let typed = refused.and_then(|refused| refused.typed("comment")).unwrap_or_default();
    let typed = format!("\n{}", encode_text(typed));
    view! {
        <form class="form card comment-form" method="post" action=here.to("comment")>
            <input type="hidden" name="slug" value=here.slug.clone() />
            <div class="field">
                <label for="comment">"Your comment"</label>
                <textarea
                    id="comment"
                    name="comment"
                    dir="auto"
                    rows="4"
                    required
                    placeholder="Write a comment..."
                    aria-invalid=invalid
                    aria-describedby=described
                >{typed}</textarea>
                <p class="hint" id="comment-hint">"At most 5,000 characters. **Bold**, *italic*, `code`, > quotations, lists and [links](https://…) work."</p>
                {problem}
            </div>
            <p class="actions"><button type="submit" class="primary">"Post Comment"</button></p>
        </form>
    }
    .erased()
}

fn card(here: &Here, comment: Comment, moderates: bool) -> AnyView {
    let deeds = deeds(here, &comment, moderates);
    let Comment { handle, author, image, html, when, state, .. } = comment;
    let state = match state {
        CommentState::Shown => None,
        CommentState::Hidden => Some("Hidden"),
        CommentState::Held => Some("Waits for approval"),
    };
    let state = state.map(|text| view! { <span class="badge">{text}</span> });
    let id = format!("comment-{handle}");
    let href = format!("#{id}");
    view! {
        <div class="card comment" id=id tabindex="-1">
            <header class="comment-head">
                {picture(image, if author == FORMER { "?" } else { &author })}
                {signature(author.clone())}
                <a href=href rel="external"><time datetime=when.iso>{when.text}</time></a>
                {state}
            </header>
            <div class="comment-text" dir="auto" inner_html=html></div>
            {deeds}
        </div>
    }
    .erased()
}

/// What the viewer can do about a comment.
fn deeds(here: &Here, comment: &Comment, moderates: bool) -> Option<AnyView> {
    if !here.member {
        return None;
    }
    let handle = || ("handle", comment.handle.clone());
    let delete = (comment.mine || moderates).then(|| {
        let label = if comment.mine { "Delete" } else { "Remove" };
        let (to, sure) = (here.to("delete-comment"), format!("{label} this comment"));
        let sure = button_of("destructive", None, to, &[handle()], sure);
        view! { <details><summary>{label}</summary><p>"It is gone at once, and nothing brings it back."</p>{sure}</details> }
            .erased()
    });
    let show = (here.mine || moderates).then(|| {
        let (label, shown) = match comment.state {
            CommentState::Shown => ("Hide", false),
            CommentState::Hidden => ("Show", true),
            CommentState::Held => ("Approve", true),
        };
        let fields = [("slug", here.slug.clone()), handle(), ("shown", shown.to_string())];
        button(None, here.to("show-comment"), &fields, label.to_owned())
    });
    let report =
        (!comment.mine && comment.state == CommentState::Shown).then(|| report_form(here, comment));
    Some(view! { <div class="comment-deeds">{show}{delete}{report}</div> }.erased())
}

fn report_form(here: &Here, comment: &Comment) -> AnyView {
    if comment.reported {
        return view! { <p class="hint">"You have reported this."</p> }.erased();
    }
    let refused = here.refused(ReportComment::PATH, Some(&comment.handle));
    let typed = refused.and_then(|refused| refused.typed("reason")).map(str::to_owned);
    view! {
        <details open=refused.is_some()>
            <summary>"Report"</summary>
            <form class="form" method="post" action=here.to("report")>
                <input type="hidden" name="slug" value=here.slug.clone() />
                <input type="hidden" name="handle" value=comment.handle.clone() />
                <label class="field">
                    "What is wrong with it? Whoever looks after the comments reads it."
                    <input name="reason" dir="auto" maxlength=Field::Reason.length().in_utf16() required value=typed />
                </label>
                <p class="actions"><button type="submit" class="secondary">"Report it"</button></p>
            </form>
        </details>
    }
    .erased()
}
