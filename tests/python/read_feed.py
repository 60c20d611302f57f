"""Reads a feed from standard input as strictly as feedparser does, and prints what it found.

An entry is a line: its identifier, its address, its title and its author, parted by tabs.
"""

import sys

import feedparser

feed = feedparser.parse(sys.stdin.buffer.read(), response_headers={"content-type": sys.argv[1]})
if feed.bozo:
    sys.exit(f"not a well-formed feed: {feed.bozo_exception}")
print(feed.version, feed.feed.title, sep="\t")
for entry in feed.entries:
    print(entry.id, entry.link, entry.title, entry.author, sep="\t")
