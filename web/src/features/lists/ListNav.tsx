import { Collapse, NavLink } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArchive, IconChevronRight } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { en } from "../../words/en";
import { ListEntry } from "./ListEntry";
import { useListActions } from "./list-actions";
import { useLists } from "./lists";
import { NewList } from "./NewList";
import "./lists.css";

const words = en.keepList;

/** The lists beside the pages, with all that keeps them. */
export function ListNav() {
  const lists = useLists() ?? [];
  const actions = useListActions();
  const { listId } = useParams({ strict: false });
  const [isOpen, { toggle }] = useDisclosure();
  const archived = lists.filter((list) => list.archived);
  const isArchiveOpen = isOpen || archived.some((list) => list.id === listId);
  return (
    <>
      <NewList />
      {lists
        .filter((list) => !list.archived)
        .map((list) => (
          <ListEntry key={list.id} list={list} actions={actions} />
        ))}
      {archived.length > 0 && (
        <NavLink
          component="button"
          aria-expanded={isArchiveOpen}
          label={words.archived}
          leftSection={<IconArchive size={18} aria-hidden />}
          rightSection={
            <IconChevronRight className="archive-chevron" data-open={isArchiveOpen} size={16} aria-hidden />
          }
          onClick={toggle}
        />
      )}
      <Collapse expanded={isArchiveOpen}>
        {archived.map((list) => (
          <ListEntry key={list.id} list={list} actions={actions} />
        ))}
      </Collapse>
    </>
  );
}
