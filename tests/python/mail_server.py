"""A mail server for the tests: server.py FOLDER prints its port and serves until killed.

The file FOLDER/mode says what it does with the next recipient:
accept  takes the mail and writes it into FOLDER as an .eml file
refuse  550
defer   451
stall   says nothing more
drop    closes the connection
"""

import asyncio
import pathlib
import sys

from aiosmtpd.smtp import SMTP

FOLDER = pathlib.Path(sys.argv[1])


class Handler:
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        mode = (FOLDER / "mode").read_text()
        if mode == "refuse":
            return f"550 5.1.1 <{address}> is nobody here"
        if mode == "defer":
            return f"451 4.7.1 <{address}> is greylisted"
        if mode == "stall":
            await asyncio.sleep(3600)
        if mode == "drop":
            server.transport.close()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.taken += 1
        to = "".join(f"X-Recipient: {address}\r\n" for address in envelope.rcpt_tos).encode()
        (FOLDER / f"{Handler.taken:04}.eml").write_bytes(to + envelope.content)
        return "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
