"""A mail server for the tests: Python's aiosmtpd, with the settings that its argument holds as JSON.

It writes one JSON object a line: first the port, then everything that happens. It ends with its standard input.
"""

import asyncio
import base64
import email
import email.policy
import json
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult


def say(**event):
    print(json.dumps(event), flush=True)


class Handler:
    def __init__(self, settings):
        self.hidden = settings.get("hidden", [])
        self.greylists = settings.get("greylists", False)
        self.refuses = settings.get("refuses")
        self.stalls = settings.get("stalls", False)
        self.seen = set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return [line for line in responses if line[4:].split()[0] not in self.hidden]

    async def handle_RCPT(self, server, session, envelope, address, options):
        triplet = (session.peer[0], envelope.mail_from, address)
        if self.greylists and triplet not in self.seen:
            self.seen.add(triplet)
            say(event="greylisted")
            return f"451 4.7.1 <{address}>: greylisted, come back later"
        if self.refuses:
            say(event="refused")
            return f"{self.refuses} <{address}> is not welcome"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.stalls:
            await asyncio.Event().wait()
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = list(mail.walk())
        text = mail.get_body(("plain",))
        html = mail.get_body(("html",))
        say(
            event="mail",
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            options=envelope.mail_options,
            encrypted=session.ssl is not None,
            authenticated=session.authenticated,
            raw=base64.b64encode(envelope.original_content).decode(),
            headers=[[name, str(value)] for name, value in mail.items()],
            names=[address.display_name for address in mail["From"].addresses],
            text=text and text.get_content(),
            html=html and html.get_content(),
            defects=[repr(defect) for part in parts for defect in part.defects]
            + [repr(defect) for part in parts for _, value in part.items() for defect in getattr(value, "defects", ())],
        )
        return "250 2.0.0 taken"


class Server(SMTP):
    def connection_made(self, transport):
        if transport.get_extra_info("sslcontext") is None or self.tls_context is None:
            say(event="connected")
        super().connection_made(transport)

    def connection_lost(self, error):
        say(event="disconnected")
        super().connection_lost(error)


async def main(settings):
    context = None
    if "certificate" in settings:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["certificate"], settings["key"])
    at_once = settings.get("tls_at_once", False)
    password = settings.get("password")

    def authenticate(server, session, envelope, mechanism, login):
        right = [login.login.decode(), login.password.decode()] == password
        say(event="password", right=right, mechanism=mechanism, encrypted=session.ssl is not None)
        return AuthResult(success=right)

    handler = Handler(settings)

    def serve():
        return Server(
            handler,
            hostname="peer.test",
            timeout=settings.get("idle", 300),
            tls_context=None if at_once else context,
            require_starttls=context is not None and not at_once,
            auth_required=password is not None,
            auth_require_tls=not at_once and context is not None,
            authenticator=authenticate if password else None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", settings.get("port", 0), ssl=context if at_once else None)
    say(event="listening", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
asyncio.run(main(json.loads(sys.argv[1])))
