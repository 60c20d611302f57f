"""Reads a feed from standard input as strictly as can be, and prints what it found as lines of JSON.

feedparser must find nothing to complain of, and the document must be what RFC 4287 asks for. The
first line is the feed: its version and title. Each further line is an entry.
"""

import json
import re
import sys
from xml.etree import ElementTree

import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
# RFC 4287, 4.1: what stands in a feed or an entry once, at most once, and as often as it likes.
ONCE = {"id", "title", "updated"}
AT_MOST_ONCE = {"published", "summary", "content", "rights", "source", "generator", "icon", "logo", "subtitle"}
OFTEN = {"author", "category", "contributor", "link"}
# RFC 3339, 5.6
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def refuse(what):
    sys.exit(f"not a feed: {what}")


def named(element, name):
    return element.findall(ATOM + name)


def check(element):
    names = [child.tag.removeprefix(ATOM) for child in element if child.tag != f"{ATOM}entry"]
    for name in names:
        if name not in ONCE | AT_MOST_ONCE | OFTEN:
            refuse(f"{name} in {element.tag}")
        if name not in OFTEN and names.count(name) > 1:
            refuse(f"several {name} in {element.tag}")
    if missing := ONCE - set(names):
        refuse(f"no {missing} in {element.tag}")
    for moment in named(element, "updated") + named(element, "published"):
        if not MOMENT.fullmatch(moment.text):
            refuse(f"{moment.text} is no moment")
    for link in named(element, "link"):
        if not re.match("https?://", link.get("href", "")):
            refuse(f"a link to {link.get('href')}")
    if not named(element, "id")[0].text.startswith(("urn:uuid:", "http")):
        refuse("an id that is no IRI")


def rels(element):
    return sorted(link.get("rel") for link in named(element, "link"))


document = sys.stdin.buffer.read()
feed = feedparser.parse(document, response_headers={"content-type": sys.argv[1]})
if feed.bozo:
    refuse(feed.bozo_exception)

root = ElementTree.fromstring(document)
if root.tag != f"{ATOM}feed":
    refuse(root.tag)
check(root)
if rels(root) != ["alternate", "self"]:
    refuse(f"links {rels(root)}")
entries = named(root, "entry")
for entry in entries:
    check(entry)
    if rels(entry) != ["alternate"] or not named(entry, "author") + named(root, "author"):
        refuse("an entry without its address or its author")
ids = [named(entry, "id")[0].text for entry in entries]
if len(set(ids)) < len(ids) or len(ids) != len(feed.entries):
    refuse("entries of one id")

print(json.dumps({"version": feed.version, "title": feed.feed.title}))
for parsed, entry in zip(feed.entries, entries):
    print(
        json.dumps(
            {
                "id": parsed.id,
                "url": parsed.link,
                "author": parsed.author,
                "title": named(entry, "title")[0].text,
                "summary": "".join(summary.text for summary in named(entry, "summary")),
                "tags": [category.get("term") for category in named(entry, "category")],
                "content": named(entry, "content")[0].text,
            }
        )
    )
