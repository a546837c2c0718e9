//! Which commands may be sent on a connection that others use too.
//!
//! Any other may change what the connection is (`SELECT`, `MULTI`, `SUBSCRIBE`) or hold
//! up what is sent behind it (`BLPOP`), or is one that nobody here knows: it is sent on a
//! connection of the function's own.

/// Those that leave a connection as it was, and are answered at once.
const SHARED: &str = "
    APPEND BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS COPY DBSIZE DECR DECRBY DEL DUMP
    ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXISTS EXPIRE EXPIREAT EXPIRETIME FCALL
    FCALL_RO FLUSHDB GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER
    GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX
    GETRANGE GETSET HDEL HEXISTS HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET
    HMSET HRANDFIELD HSCAN HSET HSETNX HSTRLEN HVALS INCR INCRBY INCRBYFLOAT INFO KEYS
    LASTSAVE LCS LINDEX LINSERT LLEN LMOVE LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET
    LTRIM MGET MSET MSETNX OBJECT PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT
    PFMERGE PING PSETEX PTTL PUBLISH PUBSUB RANDOMKEY RENAME RENAMENX RESTORE RPOP
    RPOPLPUSH RPUSH RPUSHX SADD SCAN SCARD SDIFF SDIFFSTORE SET SETBIT SETEX SETNX
    SETRANGE SINTER SINTERCARD SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER SMOVE SORT
    SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN STRLEN SUBSTR SUNION SUNIONSTORE TIME
    TOUCH TTL TYPE UNLINK XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING
    XRANGE XREVRANGE XTRIM ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD
    ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX
    ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE
    ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE
";

/// Whether a command leaves nothing behind on its connection and makes nobody wait.
pub(super) fn is_shared(command: &str) -> bool {
    SHARED
        .split_ascii_whitespace()
        .any(|known| known.eq_ignore_ascii_case(command))
}

#[cfg(test)]
mod tests {
    use super::{SHARED, is_shared};

    #[test]
    fn what_changes_a_connection_or_waits_is_sent_on_one_of_its_own() {
        for own in [
            "SELECT",
            "multi",
            "EXEC",
            "WATCH",
            "SUBSCRIBE",
            "MONITOR",
            "CLIENT",
            "HELLO",
            "AUTH",
            "QUIT",
            "RESET",
            "BLPOP",
            "BRPOPLPUSH",
            "XREAD",
            "WAIT",
            "no such command",
            "",
        ] {
            assert!(!is_shared(own), "{own}");
        }
        for shared in ["GET", "hset", "HGETALL", "PUBLISH", "EVAL", "PING"] {
            assert!(is_shared(shared), "{shared}");
        }
    }

    #[test]
    fn the_list_is_in_order_and_names_none_twice() {
        let known = SHARED.split_ascii_whitespace();
        assert!(known.is_sorted_by(|one, next| one < next));
    }
}
