# SPDX-License-Identifier: BSD-2-Clause
"""Programs of others that bench/auth runs, from their Debian packages as scripts/packages unpacks them: the DNS server
nsd, and the filters OpenDKIM and rspamd. They run in directories of their own, on loopback, as whoever runs us."""

import os
import sys

from measure import CHECKOUT, Failed, free_port

sys.path.insert(0, str(CHECKOUT / "tests"))
from mta import machine, tap  # noqa: E402

NSD = """\
server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  pidfile: ""
  zonesdir: "{directory}"
  xfrdfile: "{directory}/xfrd.state"
  zonelistfile: "{directory}/zone.list"
  xfrdir: "{directory}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "{zone}"
"""

# One that verifies and does nothing else; without AlwaysAddARHeader it would be silent about unsigned mail. Nameservers
# makes its resolver, libunbound with its cache, ask nsd; with ResolverConfiguration it crashes as soon as several
# sessions read that file at once.
OPENDKIM = """\
Mode v
Socket inet:{port}@127.0.0.1
AuthservID mx.ours.example
AlwaysAddARHeader yes
On-Default accept
Syslog no
Nameservers 127.0.0.1@{dns}
"""

# The package's own values for what is used, the detection of languages among it; no rules, no other modules, no
# statistics, no scores that would refuse mail. A proxy that scans itself is one process less on each message's way than
# its default, an own scanner behind it.
RSPAMD = """\
options {{
  pidfile = "{directory}/rspamd.pid";
  filters = "dkim";
  cache_file = "{directory}/symbols.cache";
  history_rows = 200;
  tempdir = "{directory}";
  url_tld = "{directory}/suffixes";
  hs_cache_dir = "{directory}/";
  control_socket = "{directory}/control.sock mode=0600";
  local_addrs = [];
  dns {{ nameserver = ["127.0.0.1:{dns}:1"]; timeout = 1s; sockets = 16; retransmits = 5; }}
}}
logging {{ type = "console"; level = "warning"; }}
lang_detection {{ languages = "{languages}"; }}
actions {{ reject = null; add_header = null; greylist = null; }}
group "policies" {{ .include "$CONFDIR/scores.d/policies_group.conf" }}
modules {{
  path = "{share}/plugins/spf.lua";
  path = "{share}/plugins/dmarc.lua";
  path = "{share}/plugins/milter_headers.lua";
}}
spf {{ spf_cache_size = 2k; spf_cache_expire = 1d; }}
dkim {{ dkim_cache_size = 2k; dkim_cache_expire = 1d; time_jitter = 6h; trusted_only = false; skip_multi = false; }}
dmarc {{ reporting {{ enabled = false; }} }}
milter_headers {{ use = ["authentication-results"]; skip_local = false; skip_authenticated = false; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  milter = yes;
  timeout = 120s;
  count = {processes};
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
"""


def package(name):
    """The folder of a package, and the environment in which its programs find their libraries."""
    try:
        folder = machine.package(name)
    except tap.Skip as missing:
        raise Failed(str(missing)) from None
    libraries = machine.libraries() + [str(folder / "usr/lib" / name)]
    return folder, os.environ | {"LD_LIBRARY_PATH": ":".join(libraries)}


def own_directory(bench, name):
    directory = bench.directory / name
    directory.mkdir()
    return directory


def start_nsd(bench, zone):
    folder, env = package("nsd")
    directory, port = own_directory(bench, "nsd.d"), free_port()
    (directory / "nsd.conf").write_text(NSD.format(port=port, directory=directory, zone=zone))
    return bench.start("nsd", None, [folder / "usr/sbin/nsd", "-d", "-c", directory / "nsd.conf"], port, env=env)


def start_opendkim(bench, dns):
    folder, env = package("opendkim")
    directory, port = own_directory(bench, "opendkim.d"), free_port()
    (directory / "opendkim.conf").write_text(OPENDKIM.format(port=port, dns=dns.port))
    return bench.start("opendkim", "fields", [folder / "usr/sbin/opendkim", "-f", "-x", directory / "opendkim.conf"],
                       port, env=env)


def start_rspamd(bench, dns, processes, name, languages):
    """`languages`: whether it finds the language of each text out, as it does unless told otherwise."""
    folder, env = package("rspamd")
    share = folder / "usr/share/rspamd"
    directory, port = own_directory(bench, f"{name.replace(' ', '-')}.d"), free_port()
    (directory / "rspamd.conf").write_text(
        RSPAMD.format(port=port, directory=directory, share=share, dns=dns.port, processes=processes,
                      languages=share / "languages" if languages else directory / "none"))
    suffixes = (share / "effective_tld_names.dat").read_text(encoding="utf-8")
    (directory / "suffixes").write_text(suffixes + "\nexample\n", encoding="utf-8")
    (directory / "none").mkdir()
    places = {"CONFDIR": folder / "etc/rspamd", "LOCAL_CONFDIR": directory, "DBDIR": directory, "RUNDIR": directory,
              "LOGDIR": directory, "SHAREDIR": share, "LUALIBDIR": share / "lualib", "RULESDIR": share / "rules",
              "PLUGINSDIR": share / "plugins", "WWWDIR": share / "www"}
    command = [folder / "usr/bin/rspamd", "-f", "-i", "-c", directory / "rspamd.conf"]
    command += [f"--var={name}={place}" for name, place in places.items()]
    return bench.start(name, "fields", command, port, env=env, patience=180, settle=3)
