# SPDX-License-Identifier: BSD-2-Clause
"""A small internet of real mail servers: every MTA of Debian in a house of its own, as its package would install it, in
a network where port 25 and the name server are ours alone. Each takes mail for its domain and bounces it afterwards, to
us. Nothing of it can be seen from outside, and all of it ends with the test.

  internet    namespaces for network, mounts and processes; addresses, the name server and its records
  house       a root directory with one MTA's packages, accounts and configuration
  hop         the next hop of all the sites, which refuses mail for one reason or another
  sites       Postfix, Exim, Sendmail, OpenSMTPD and Courier as others run them; nullmailer and dma behind Postfix
  neighbours  our Postfix with backstopd, all sites, and what is sent between them
"""
