"""A store that speaks S3, for the tests: bucket_server.py prints its port, a key and the key's
secret, a line each, and serves until its standard input ends.

It has the bucket `pictures`, in which that key may do everything; whoever signs with anything else
is refused. The bucket `stalled` says nothing to anybody.
"""

import json
import os
import sys
import threading
import time

# Nobody is let in without a key, from the first request on.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


class Quiet(MotoRequestHandler):
    def log(self, *_):
        pass


class Door:
    def __init__(self, store):
        self.store = store

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/stalled"):
            time.sleep(3600)
        return self.store(environ, start_response)


def main():
    people = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    people.create_user(region_name="us-east-1", user_name="byline")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
    people.put_user_policy("byline", "everything", policy)
    key = people.create_access_key("byline")
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket("pictures", "us-east-1")
    store = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, Door(store), threaded=True, request_handler=Quiet)
    print(server.server_address[1], key.access_key_id, key.secret_access_key, sep="\n", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
