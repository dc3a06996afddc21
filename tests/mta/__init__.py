# SPDX-License-Identifier: BSD-2-Clause
"""Real mail servers for the tests: Postfix, Sendmail and Exim, each with a configuration, a queue and a log of its
own in a scratch directory, on free ports of loopback, with backstopd beside them. Nothing of the machine's own mail
is read or touched, and what was started is stopped by its process id.

  machine     where things are; ports, waiting, processes, scratch directories
  tap         test cases as sentences, results as TAP
  tags        BATV tags computed here, independently of backstop
  client      SMTP as a sender speaks it, from a chosen loopback address
  bounces     messages: ordinary ones, and bounces of many shapes, genuine and forged
  sink        an SMTP server that keeps what it gets
  maildir     mailboxes, read
  postfix, sendmail, exim, backstopd      the programs
  world       all of them put together as the tests and scripts/demo use them
"""
