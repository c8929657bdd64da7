"""Every object that a file in sql/ creates has a COMMENT in that same file.

Every SECURITY DEFINER function has a pinned search_path and a REVOKE from PUBLIC there too. A file
is named after the object that it creates, or the table that it is about."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import checks
from pglast import ast, enums, parse_sql
from pglast.parser import ParseError

PINNED = ["pg_catalog", "pg_temp"]
RELATIONS = {
    ast.CreateStmt: lambda s: ("TABLE", dotted(s.relation)),
    ast.ViewStmt: lambda s: ("VIEW", dotted(s.view)),
    ast.CreateTableAsStmt: lambda s: ("VIEW", dotted(s.into.rel)),
    ast.CreateSeqStmt: lambda s: ("SEQUENCE", dotted(s.sequence)),
    ast.CompositeTypeStmt: lambda s: ("TYPE", dotted(s.typevar)),
    ast.CreateEnumStmt: lambda s: ("TYPE", joined(s.typeName)),
    ast.CreateDomainStmt: lambda s: ("DOMAIN", joined(s.domainname)),
    ast.CreateFunctionStmt: lambda s: ("FUNCTION", joined(s.funcname)),
    ast.CreatePolicyStmt: lambda s: ("POLICY", f"{dotted(s.table)}.{s.policy_name}"),
}
COMMENTED = {
    enums.ObjectType.OBJECT_TABLE: "TABLE", enums.ObjectType.OBJECT_VIEW: "VIEW",
    enums.ObjectType.OBJECT_MATVIEW: "VIEW", enums.ObjectType.OBJECT_SEQUENCE: "SEQUENCE",
    enums.ObjectType.OBJECT_TYPE: "TYPE", enums.ObjectType.OBJECT_DOMAIN: "DOMAIN",
    enums.ObjectType.OBJECT_FUNCTION: "FUNCTION", enums.ObjectType.OBJECT_POLICY: "POLICY",
}


def dotted(relation):
    return ".".join(part for part in (relation.schemaname, relation.relname) if part)


def joined(names):
    return ".".join(name.sval for name in names)


def named(thing):
    """The name of what a COMMENT or REVOKE is about."""
    if isinstance(thing, ast.ObjectWithArgs):
        return joined(thing.objname)
    if isinstance(thing, ast.TypeName):
        return joined(thing.names)
    if isinstance(thing, ast.RangeVar):
        return dotted(thing)
    return joined(thing)


def option(function, wanted):
    """The values of one clause of CREATE FUNCTION."""
    return [o.arg for o in function.options or () if o.defname == wanted]


def definer(function):
    return any(value.boolval for value in option(function, "security"))


def pinned(function):
    for setting in option(function, "set"):
        if setting.name == "search_path":
            return [value.val.sval for value in setting.args or ()] == PINNED
    return False


def revoked(statement):
    """Functions whose execution this statement takes from PUBLIC; `*` for all of a schema."""
    if not isinstance(statement, ast.GrantStmt) or statement.is_grant:
        return []
    public = enums.RoleSpecType.ROLESPEC_PUBLIC
    if not any(grantee.roletype == public for grantee in statement.grantees):
        return []
    if statement.objtype not in (enums.ObjectType.OBJECT_FUNCTION, enums.ObjectType.OBJECT_ROUTINE):
        return []
    whole = statement.targtype == enums.GrantTargetType.ACL_TARGET_ALL_IN_SCHEMA
    return ["*"] if whole else [named(thing) for thing in statement.objects]


# The folders whose files create one object, which they are named after: a table with its
# partitions, a view, a function.
ONE_OBJECT = {"tables": ast.CreateStmt, "views": ast.ViewStmt, "functions": ast.CreateFunctionStmt}
# Those whose files are about one table: what they create on it, and where that is named.
OF_A_TABLE = {"policies": (ast.CreatePolicyStmt, "table"), "triggers": (ast.CreateTrigStmt, "relation")}


def misplaced(name, statements):
    """The findings of what stands in a file of another name."""
    folder, stem = name.split("/")[-2:]
    stem = stem.removesuffix(".sql")
    if folder in ONE_OBJECT:
        kind = ONE_OBJECT[folder]
        created = [RELATIONS[kind](s)[1] for s in statements if isinstance(s, kind)]
        if f"awgp.{stem}" not in created:
            yield f"{name}: does not create awgp.{stem}"
        yield from (f"{name}: creates {other}" for other in created
                    if other != f"awgp.{stem}" and (folder != "tables" or not other.startswith(f"awgp.{stem}_")))
    if folder in OF_A_TABLE:
        kind, where = OF_A_TABLE[folder]
        about = {getattr(s, where).relname for s in statements if isinstance(s, kind)}
        # triggers/assistant_templates_capture.sql is about assistant_templates;
        # audit_logs_default belongs to audit_logs.
        yield from (f"{name}: is about {table}" for table in sorted(about)
                    if not table.startswith(stem) and not stem.startswith(table))


def check(name, text):
    """The findings in one file."""
    # {name}s are filled in by the installer; to the parser they are identifiers.
    statements = [raw.stmt for raw in parse_sql(text)]
    yield from misplaced(name, statements)
    comments = {(COMMENTED[s.objtype], named(s.object)) for s in statements
                if isinstance(s, ast.CommentStmt) and s.objtype in COMMENTED and s.comment}
    closed = {name for statement in statements for name in revoked(statement)}
    for statement in statements:
        if type(statement) not in RELATIONS:
            continue
        kind, target = RELATIONS[type(statement)](statement)
        if (kind, target) not in comments:
            yield f"{name}: {kind} {target} has no COMMENT ON {kind}"
        if kind == "FUNCTION" and definer(statement):
            if not pinned(statement):
                yield f"{name}: {target} is SECURITY DEFINER without SET search_path = {', '.join(PINNED)}"
            if not closed & {target, "*"}:
                yield f"{name}: {target} is SECURITY DEFINER without REVOKE ALL … FROM PUBLIC"


def main():
    findings, sources = [], [name for name in checks.files(".sql") if name.startswith("sql/")]
    for name in sources:
        try:
            findings += check(name, checks.read(name))
        except ParseError as error:
            findings.append(f"{name}: does not parse: {error}")
    checks.finish(findings, "write the COMMENT, the SET search_path or the REVOKE beside the CREATE; give an object a file of its name.",
                  f"{len(sources)} files")


main()
