# SPDX-License-Identifier: BSD-2-Clause
"""Messages: ordinary ones, and messages with the null sender in the shapes that mail servers give them."""

import itertools

serial = itertools.count(1)


def ordinary(subject, sender="alice@example.com", to="someone@elsewhere.example"):
    return (f"From: <{sender}>\nTo: <{to}>\nSubject: {subject}\nDate: Mon, 02 Nov 2026 09:00:00 +0000\n"
            f"Message-ID: <{next(serial)}.{hash(subject) & 0xffff:x}@example.com>\n\nHello, this is {subject}.\n")


def returned(return_path):
    """The header of a message that comes back, as the far end kept it."""
    return (f"Return-Path: <{return_path}>\nReceived: from somewhere by mx.elsewhere.example; "
            "Mon, 02 Nov 2026 09:00:03 +0000\nFrom: <alice@example.com>\nTo: <gone@elsewhere.example>\n"
            f"Subject: what was sent\nMessage-ID: <{next(serial)}@example.com>\n")


def report(to, subject="Undelivered Mail Returned to Sender", return_path="alice@example.com"):
    """RFC 3464: multipart/report; report-type=delivery-status."""
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@elsewhere.example>
To: <{to}>
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_edge"

--=_edge
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.elsewhere.example.

<gone@elsewhere.example>: user unknown

--=_edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.elsewhere.example

Final-Recipient: rfc822; gone@elsewhere.example
Action: failed
Status: 5.1.1

--=_edge
Content-Type: text/rfc822-headers

{returned(return_path)}
--=_edge--
"""


def report_with_message(message_id="<one@example.org>", sender="jo@example.org", to="jo@example.org",
                        date="Fri, 20 Nov 2026 10:00:00 +0000"):
    """RFC 3464 with the whole message behind it, as a file of a mailbox; without a Message-ID nothing is returned. A tag of
    the sender is not in From."""
    message = message_id and f"""\
--b
Content-Type: message/rfc822

Return-Path: <{sender}>
Received: from a.example.org by mx.example.net; {date}
From: Jo <{sender.rpartition("=")[2]}>
To: nobody@example.com
Subject: hello
Message-ID: {message_id}
Date: {date}

Hello
"""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Date: Fri, 20 Nov 2026 10:11:12 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; nobody@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.com>: User unknown

{message or ""}--b--
"""


def qmail(to, subject="failure notice", return_path="alice@example.com"):
    """A text and the returned message behind it, with no MIME structure and no Auto-Submitted."""
    return f"""\
From: MAILER-DAEMON@elsewhere.example
To: {to}
Subject: {subject}

Hi. This is the qmail-send program at elsewhere.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<gone@elsewhere.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{returned(return_path)}
the text
"""


def exim(to, subject="Mail delivery failed: returning message to sender", return_path="alice@example.com"):
    """The form with X-Failed-Recipients and the returned message as text."""
    return f"""\
X-Failed-Recipients: gone@elsewhere.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@elsewhere.example>
To: {to}
Subject: {subject}

A message that you sent could not be delivered to all of its recipients.

  gone@elsewhere.example
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

{returned(return_path)}
"""


def bare(to, subject="Returned mail", return_path="alice@example.com"):
    """Nothing is returned, and hardly anything is said."""
    del return_path
    return (f"From: MAILER-DAEMON@elsewhere.example\nTo: {to}\nSubject: {subject}\n\n"
            "Your message could not be delivered to the following recipient:\n\n  gone@elsewhere.example: user unknown\n")


def challenge(to, subject="Please confirm your message", return_path="alice@example.com"):
    """A challenge to somebody who never wrote."""
    del return_path
    return (f"From: <someone@elsewhere.example>\nTo: {to}\nSubject: {subject}\nAuto-Submitted: auto-replied\n\n"
            "Your message to me is being held. Please click on the link below to confirm that you are a person\n"
            "and to have your message delivered.\n\nhttps://elsewhere.example/confirm?id=1\n")


SHAPES = {"report": report, "qmail": qmail, "exim": exim, "bare": bare, "challenge": challenge}
RETURNING = ("report", "qmail", "exim")  # those that return a header


def read_receipt(to, subject="Read: what was sent"):
    """RFC 8098: it goes to whom Disposition-Notification-To named, not to the envelope sender."""
    return f"""\
From: <reader@elsewhere.example>
To: <{to}>
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="=_edge"

--=_edge
Content-Type: text/plain; charset=us-ascii

Your message was displayed.

--=_edge
Content-Type: message/disposition-notification

Final-Recipient: rfc822; reader@elsewhere.example
Disposition: manual-action/MDN-sent-manually; displayed

--=_edge--
"""


def out_of_office(to, subject="Away until Monday"):
    """RFC 3834."""
    return (f"From: <someone@elsewhere.example>\nTo: <{to}>\nSubject: {subject}\n"
            "Auto-Submitted: auto-replied (vacation)\n\nI am away until Monday.\n")


def newsletter(to, subject="News of the week"):
    """A list that hides its sender."""
    return (f"From: <news@elsewhere.example>\nTo: <{to}>\nSubject: {subject}\n"
            "List-Id: <news.elsewhere.example>\nList-Unsubscribe: <mailto:off@elsewhere.example>\n\nNews.\n")
