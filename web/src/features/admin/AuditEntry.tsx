import { Text, VisuallyHidden } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { AuditEntryOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { profileQuery } from "../session/profile";
import { changesOf, type FieldChange, nameOfAction, nameOfActor, nameOfSubject } from "./audit-entries";

const words = en.admin.audit;

interface Props {
  readonly entry: AuditEntryOut;
  /** The titles of common tasks by id, for acts that do not tell them. */
  readonly titles: ReadonlyMap<string, string>;
}

/** One act: what was done to whom or what, what that changed, by whom and when. */
export function AuditEntry({ entry, titles }: Props) {
  const { at, actor, action, subject, details } = entry;
  const locale = useLocale();
  const timeZone = useQuery(profileQuery).data?.timezone;
  const when = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium", timeStyle: "medium" });
  const subjectName = nameOfSubject(entry, titles);
  return (
    <li>
      <div className="audit-act">
        <Text component="span" fw={600} size="sm">
          {nameOfAction(action)}
        </Text>{" "}
        {subject.kind === "user" ? (
          <Link className="admin-link" to="/admin/users/$userId" params={{ userId: subject.id }} dir="auto">
            {subjectName}
          </Link>
        ) : (
          <span dir="auto">{subjectName}</span>
        )}
      </div>
      <ul className="audit-changes">
        {changesOf(details).map((change) => (
          <Change key={change.field} change={change} />
        ))}
      </ul>
      <div className="task-detail audit-by">
        <time dateTime={at}>{when.format(new Date(at))}</time>
        {", "}
        <span dir="auto">{nameOfActor(actor)}</span>
      </div>
    </li>
  );
}

function Change({ change: { field, before, after } }: { readonly change: FieldChange }) {
  return (
    <li>
      <span className="audit-field">{field}</span>
      {before !== undefined && after !== undefined ? (
        <>
          <del dir="auto">
            <VisuallyHidden>{words.before} </VisuallyHidden>
            {before}
          </del>
          <IconArrowRight className="audit-arrow" size={14} aria-hidden />
          <ins dir="auto">
            <VisuallyHidden>{words.after} </VisuallyHidden>
            {after}
          </ins>
        </>
      ) : (
        <span className="audit-value" dir="auto">
          {after ?? before}
        </span>
      )}
    </li>
  );
}
