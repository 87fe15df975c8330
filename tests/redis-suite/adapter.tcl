# Takes the Redis project's test suite through Larder's door. The suite's own client (tests/support/redis.tcl) loads this file when it has defined
# itself; see run.mjs. Without DOOR_KEY in the environment it does nothing, and the suite runs as it is.
#
#   suite --TLS--> door --unix socket--> engine      every command of every test, but
#   suite --TCP------------------------> engine      what a managed cache keeps to itself (CONFIG, DEBUG ...): with it the suite prepares the
#                                                    engine and looks inside it, while the test itself runs through the door
#
# A connection authenticates before the suite gets to see it, and again after RESET.

namespace eval door {
    variable aside {acl bgrewriteaof bgsave config debug failover migrate module psync replconf replicaof save shutdown slaveof sync}
    variable side     ;# id of a client -> its connection past the door
    variable database ;# id of a client -> the database it selected
    variable protocol ;# id of a client -> 2 or 3
    variable queued   ;# id of a client -> it is between MULTI and EXEC
    variable reading  ;# id of a client that reads its replies itself -> the next one is on its connection past the door
    foreach state {side database protocol queued reading} { array set $state {} }
}

# The bytes of a command.
proc door::encode {words} {
    set bytes "*[llength $words]\r\n"
    foreach word $words { append bytes "\$[string length $word]\r\n$word\r\n" }
    return $bytes
}

proc door::send {channel words} {
    puts -nonewline $channel [encode $words]
    flush $channel
}

# Authenticates on a fresh connection, whoever opened it.
proc door::enter {channel} {
    set translation [fconfigure $channel -translation]
    fconfigure $channel -translation binary
    send $channel [list AUTH $::env(DOOR_KEY)]
    set answer [string trim [gets $channel]]
    if {$answer ne "+OK"} { error "the door did not let the suite in: $answer" }
    fconfigure $channel -translation $translation
    return $channel
}

# A connection past the door.
proc door::aside {} {
    set channel [socket 127.0.0.1 $::env(ENGINE_PORT)]
    fconfigure $channel -translation binary
    return $channel
}

# Gives a command to the engine, past the door, in the database and the protocol that the client has.
proc door::past {id words} {
    variable side
    variable database
    variable protocol
    variable reading
    if {![info exists side($id)]} { set side($id) [aside] }
    set channel $side($id)
    set raw $::redis::readraw($id)
    set ::redis::readraw($id) 0
    send $channel [list HELLO [expr {[info exists protocol($id)] ? $protocol($id) : 2}]]
    ::redis::redis_read_reply $id $channel
    send $channel [list SELECT [expr {[info exists database($id)] ? $database($id) : 0}]]
    ::redis::redis_read_reply $id $channel
    set ::redis::readraw($id) $raw
    unset -nocomplain ::redis::attributes($id)
    send $channel $words
    if {$::redis::deferred($id)} {
        set reading($id) 1
        return
    }
    ::redis::redis_read_reply $id $channel
}

proc door::leave {id} {
    variable side
    if {[info exists side($id)]} { catch {close $side($id)} }
    foreach state {side database protocol queued reading} {
        variable $state
        unset -nocomplain ${state}($id)
    }
}

# Notes what a client did to its connection, as far as the way past the door must know.
proc door::note {id name words failed} {
    variable database
    variable protocol
    variable queued
    switch -- $name {
        select { if {!$failed} { set database($id) [lindex $words 0] } }
        hello { if {!$failed && [llength $words]} { set protocol($id) [lindex $words 0] } }
        multi { if {!$failed} { set queued($id) 1 } }
        exec - discard { unset -nocomplain queued($id) }
        reset { foreach state {queued database protocol} { unset -nocomplain ${state}($id) } }
    }
}

proc door::dispatch {id method words} {
    variable aside
    variable queued
    variable reading
    variable side
    set name [string tolower $method]
    if {$name in $aside && $::redis::blocking($id) && ![info exists queued($id)]} {
        return [past $id [linsert $words 0 $method]]
    }
    if {[info exists reading($id)]} {
        if {$name eq "read"} { return [::redis::redis_read_reply $id $side($id)] }
        if {[info commands ::redis::__method__$method] eq {}} { unset reading($id) }
    }
    if {$name eq "close"} { leave $id }
    set failed [catch {::redis::__dispatch__suite__ $id $method $words} answer options]
    if {$name eq "close"} { return -options $options $answer }
    note $id $name $words $failed
    if {$name eq "reset" && !$failed} {
        set channel $::redis::fd($id)
        send $channel [list AUTH $::env(DOOR_KEY)]
        # A client that reads its replies itself reads RESET's first.
        if {$::redis::deferred($id)} { set answer [::redis::redis_read_reply $id $channel] }
        set entered [::redis::redis_read_reply $id $channel]
        if {$entered ne "OK"} { error "the door did not let the suite in again: $entered" }
    }
    return -options $options $answer
}

if {[info exists ::env(DOOR_KEY)]} {
    package require tls
    rename ::tls::socket ::tls::socket_of_suite
    proc ::tls::socket {args} {
        if {"-server" in $args} { return [::tls::socket_of_suite {*}$args] }
        # To look at what the engine replicates is not a client's matter.
        if {[info level] > 1 && [lindex [info level -1] 0] eq "attach_to_replication_stream"} { return [door::aside] }
        door::enter [::tls::socket_of_suite {*}$args]
    }
    rename ::redis::__dispatch__raw__ ::redis::__dispatch__suite__
    proc ::redis::__dispatch__raw__ {id method argv} { door::dispatch $id $method $argv }
}
