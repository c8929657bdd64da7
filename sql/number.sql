-- A number as an argument: numeric, and whatever else drivers send for one.
--
-- A function that takes numeric cannot be called with a double precision: PostgreSQL casts that in
-- assignments alone. Overloads would take every untyped parameter for a double precision, and lose
-- digits. So the arguments are of a type of their own, which is numeric under another name: what is
-- written without a type is read as numeric is, and every number becomes one by itself, a double
-- precision by its 15 significant digits.

CREATE TYPE awgp.number;
CREATE FUNCTION awgp.number_in(cstring, oid, integer) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'numeric_in';
CREATE FUNCTION awgp.number_out(awgp.number) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'numeric_out';
CREATE FUNCTION awgp.number_recv(internal, oid, integer) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'numeric_recv';
CREATE FUNCTION awgp.number_send(awgp.number) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'numeric_send';
COMMENT ON FUNCTION awgp.number_in(cstring, oid, integer) IS 'For AWGP itself: reads an awgp.number as numeric is read.';
COMMENT ON FUNCTION awgp.number_out(awgp.number) IS 'For AWGP itself: writes an awgp.number as numeric is written.';
COMMENT ON FUNCTION awgp.number_recv(internal, oid, integer) IS 'For AWGP itself: receives an awgp.number as numeric is received.';
COMMENT ON FUNCTION awgp.number_send(awgp.number) IS 'For AWGP itself: sends an awgp.number as numeric is sent.';
CREATE TYPE awgp.number (
    INPUT = awgp.number_in, OUTPUT = awgp.number_out, RECEIVE = awgp.number_recv, SEND = awgp.number_send,
    LIKE = pg_catalog.numeric
);
COMMENT ON TYPE awgp.number IS 'A number as an argument: pass any numeric, integer or floating-point number, or its text.';

CREATE CAST (numeric AS awgp.number) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (awgp.number AS numeric) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION awgp.number(smallint) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2_numeric';
COMMENT ON FUNCTION awgp.number(smallint) IS 'For AWGP itself: the number as an argument.';
CREATE CAST (smallint AS awgp.number) WITH FUNCTION awgp.number(smallint) AS IMPLICIT;
CREATE FUNCTION awgp.number(integer) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4_numeric';
COMMENT ON FUNCTION awgp.number(integer) IS 'For AWGP itself: the number as an argument.';
CREATE CAST (integer AS awgp.number) WITH FUNCTION awgp.number(integer) AS IMPLICIT;
CREATE FUNCTION awgp.number(bigint) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8_numeric';
COMMENT ON FUNCTION awgp.number(bigint) IS 'For AWGP itself: the number as an argument.';
CREATE CAST (bigint AS awgp.number) WITH FUNCTION awgp.number(bigint) AS IMPLICIT;
CREATE FUNCTION awgp.number(real) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float4_numeric';
COMMENT ON FUNCTION awgp.number(real) IS 'For AWGP itself: the number as an argument.';
CREATE CAST (real AS awgp.number) WITH FUNCTION awgp.number(real) AS IMPLICIT;
CREATE FUNCTION awgp.number(double precision) RETURNS awgp.number LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float8_numeric';
COMMENT ON FUNCTION awgp.number(double precision) IS 'For AWGP itself: the number as an argument.';
CREATE CAST (double precision AS awgp.number) WITH FUNCTION awgp.number(double precision) AS IMPLICIT;
