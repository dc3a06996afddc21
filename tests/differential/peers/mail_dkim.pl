#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mail::DKIM as a peer: see ../README.md for what comes in and what goes out.
use strict;
use warnings;

package Zone;    # in place of a Net::DNS::Resolver
sub new { return bless { case => {}, error => '' }, shift }
sub errorstring { return $_[0]{error} }

sub send {
    my ($self, $name, $type) = @_;
    my $case = $self->{case};
    my $known = grep { $_ eq lc $name } @{ $case->{names} };
    my $records = $known ? $case->{records} : [];
    $self->{error} = ref $records ? 'NOERROR' : 'query timed out';
    return if !ref $records;
    my $packet = Net::DNS::Packet->new('owner.example', $type);
    $packet->push(answer => map { Net::DNS::RR->new(name => 'owner.example', type => 'TXT', txtdata => [$_]) } @$records);
    return $packet;
}

package main;
use JSON::PP;

$| = 1;
unless (eval { require Mail::DKIM::Verifier; require Net::DNS; 1 }) {
    print "absent: install libmail-dkim-perl\n";
    exit 0;
}
my $zone = Zone->new;
Mail::DKIM::DNS::resolver($zone);
$SIG{__WARN__} = sub { };    # about values that are no numbers

sub judge {
    my ($case) = @_;
    $zone->{case} = $case;
    return 'skip it takes the first record' if ref $case->{records} && @{ $case->{records} } > 1;
    my $message = $case->{message};
    utf8::downgrade($message);
    my $result = eval {
        my $dkim = Mail::DKIM::Verifier->new;
        for (my $at = 0; $at < length $message; $at += $case->{piece}) {
            $dkim->PRINT(substr $message, $at, $case->{piece});
        }
        $dkim->CLOSE;
        ($dkim->result // 'none') . ' ' . ($dkim->result_detail // '');
    } // 'crash ' . $@;
    $result =~ s/[^\x20-\x7e]/?/g;
    return $result;
}

print "ready\n";
while (my $line = <STDIN>) {
    print judge(decode_json($line)), "\n";
}
