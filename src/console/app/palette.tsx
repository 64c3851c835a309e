import { Autocomplete } from "@base-ui/react/autocomplete";
import { useNavigate } from "@tanstack/react-router";
import { useList } from "../api/queries.ts";
import { may, useSession } from "../api/session.ts";
import { Dialog } from "../components/dialog.tsx";

interface PaletteProps {
  /** The current space, if any. */
  readonly space: string | undefined;
  readonly onClose: () => void;
}

/** A destination to jump to. */
interface Place {
  readonly label: string;
  readonly go: () => void;
}

/** The most places to list: more than anyone reads. Typing narrows the list. */
const SHOWN = 50;

/** Jumps to a repository of the current space, and the administrator also to another space. */
export default function Palette({ space, onClose }: PaletteProps) {
  const places = [...useRepositories(space ?? null), ...useSpaces()];
  return (
    <Dialog isOpen onClose={onClose} title="Search">
      <Autocomplete.Root
        open
        inline
        items={places}
        limit={SHOWN}
        autoHighlight="always"
        itemToStringValue={({ label }: Place) => label}
      >
        <div className="field">
          <Autocomplete.Input
            aria-label="Search for a repository or space"
            placeholder="Repository or space"
            spellCheck={false}
          />
        </div>
        <Autocomplete.Empty>No repository or space has that name.</Autocomplete.Empty>
        <Autocomplete.List className="palette-list" aria-label="Places">
          {(place: Place) => (
            <Autocomplete.Item
              key={place.label}
              value={place}
              className="palette-item"
              onClick={() => {
                onClose();
                place.go();
              }}
            >
              {place.label}
            </Autocomplete.Item>
          )}
        </Autocomplete.List>
      </Autocomplete.Root>
    </Dialog>
  );
}

function useRepositories(space: string | null): readonly Place[] {
  const navigate = useNavigate();
  const own = useSession().space;
  const within = space ?? own;
  const isShown = may(useSession(), "readSpace") && within !== null;
  const { items } = useList(
    "listRepositories",
    { path: { space: within ?? "" }, query: { limit: 1000 } },
    { all: true, isEnabled: isShown },
  );
  return items.map(({ name, fullName }) => ({
    label: fullName,
    go: () =>
      void navigate({
        to: "/spaces/$space/repositories/$repository",
        params: { space: within ?? "", repository: name },
      }),
  }));
}

function useSpaces(): readonly Place[] {
  const navigate = useNavigate();
  const isShown = may(useSession(), "manageInstallation");
  const { items } = useList("listSpaces", { path: {} }, { isEnabled: isShown });
  return items.map(({ name }) => ({
    label: `Space ${name}`,
    go: () => void navigate({ to: "/spaces/$space", params: { space: name } }),
  }));
}
