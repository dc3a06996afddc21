#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# vbounce.pl [--rounds N] FOLDER...: what SpamAssassin takes to find bounces, in processor time, in one process and on
# one core, as bench-reader measures others: no rules but those of its VBounce plugin (20_vbounce.cf) and what they need,
# no network, no Bayes. The messages, those that end in .eml, lie in memory; the rules are compiled before the first round.

use strict;
use warnings;
use Mail::SpamAssassin;
use Time::HiRes qw(clock);
use File::Temp;

my $rules = '/usr/share/spamassassin/20_vbounce.cf';
my $rounds = 5;
if (@ARGV > 1 && $ARGV[0] eq '--rounds') {
    (undef, $rounds) = splice @ARGV, 0, 2;
}
die "usage: vbounce.pl [--rounds N] FOLDER...\n" unless @ARGV && $rounds > 0;
die "vbounce.pl: $rules is not there; it is in Debian's package spamassassin\n" unless -r $rules;

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "vbounce.pl: $path: $!\n";
    local $/;
    return scalar <$file> // '';
}

my @messages = map { slurp($_) } grep { -f } map { glob "\Q$_\E/*.eml" } @ARGV;
die "vbounce.pl: no messages\n" unless @messages;
my $size = 0;
$size += length for @messages;

# What decides is the plugin's rules; a relay of one's own must be named for them to look at anything.
my $settings = "loadplugin Mail::SpamAssassin::Plugin::Check\nloadplugin Mail::SpamAssassin::Plugin::VBounce\n"
    . "util_rb_tld com net org\n"
    . "whitelist_bounce_relays mail.example.net\n"
    . "use_bayes 0\nuse_auto_whitelist 0\nskip_rbl_checks 1\n" . slurp($rules);
my $home = File::Temp->newdir();
my $scanner = Mail::SpamAssassin->new({
    config_text => $settings, local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => "$home/prefs",
    userstate_dir => "$home", home_dir_for_helpers => "$home", username => 'nobody',
});
$scanner->compile_now(0, 0);

sub judge {
    my ($text) = @_;
    my $message = $scanner->parse($text, 1);
    my $status = $scanner->check($message);
    my $hits = $status->get_names_of_tests_hit() . ',' . $status->get_names_of_subtests_hit();
    $status->finish();
    $message->finish();
    return $hits =~ /\bANY_BOUNCE_MESSAGE\b/ ? 1 : 0;
}

my ($found, @seconds) = (0);
for my $round (1 .. $rounds) {
    my $before = clock();
    $found = 0;
    $found += judge($_) for @messages;
    push @seconds, clock() - $before;
}
@seconds = sort { $a <=> $b } @seconds;
my $median = $seconds[@seconds / 2];
printf "%d messages, %.1f kB on average; it found %d bounces\n", scalar @messages, $size / 1e3 / @messages, $found;
printf "%-12s %9.2f us/message  %9.1f MB/s  (%.1f to %.1f)\n", 'vbounce', $median * 1e6 / @messages,
    $size / 1e6 / $median, $size / 1e6 / $seconds[-1], $size / 1e6 / $seconds[0];
