import { Modal, Popover } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { notificationWords as words } from "../../words/notifications";
import { BellButton } from "./BellButton";
import { NoticeList } from "./NoticeList";
import { forgetOlder } from "./notices";
import "./notifications.css";

/** Where there is no room beside the page. */
const PHONE = "(max-width: 48em)";

/** What was told, below the bell; on phones, in front of everything. Open as soon as it is there. */
export function NoticePanel({ unreadCount }: { readonly unreadCount: number }) {
  const client = useQueryClient();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const isPhone = useMediaQuery(PHONE, false, { getInitialValueInEffect: false });
  const open = () => {
    forgetOlder(client);
    setOpen(true);
  };
  const close = () => setOpen(false);
  useEffect(() => {
    button.current?.focus(); // where the focus returns to
    setOpen(true);
  }, []);
  const bell = (
    <BellButton
      ref={button}
      unreadCount={unreadCount}
      aria-expanded={isOpen}
      onClick={isOpen ? close : open}
    />
  );
  return isPhone ? (
    <>
      {bell}
      <Modal
        opened={isOpen}
        onClose={close}
        fullScreen
        title={words.title}
        closeButtonProps={{ "aria-label": words.close }}
        classNames={{ body: "notices-sheet" }}
      >
        <NoticeList onLeave={close} />
      </Modal>
    </>
  ) : (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      width={400}
      position="bottom-end"
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>{bell}</Popover.Target>
      <Popover.Dropdown className="notices-popover" aria-label={words.title} p={0}>
        <NoticeList title={words.title} onLeave={close} />
      </Popover.Dropdown>
    </Popover>
  );
}
