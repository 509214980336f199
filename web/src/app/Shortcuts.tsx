import { Kbd, Modal, Table, Title } from "@mantine/core";
import { Examples } from "../features/quick-add/Examples";
import { en } from "../words/en";

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** What the keys do. */
export function Shortcuts({ isOpen, onClose }: Props) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={en.shortcuts.title}
      closeButtonProps={{ "aria-label": en.shortcuts.close }}
    >
      <Table>
        <Table.Tbody>
          {en.shortcuts.rows.map(([keys, meaning]) => (
            <Table.Tr key={keys}>
              <Table.Td>
                <Kbd>{keys}</Kbd>
              </Table.Td>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Title order={3} size="sm" mt="lg" mb="xs">
        {en.shortcuts.quickAdd}
      </Title>
      <Examples />
    </Modal>
  );
}
