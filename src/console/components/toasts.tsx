import { Toast } from "@base-ui/react/toast";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import "./toasts.css";

const manager = Toast.createToastManager();

/** Says that something is done, for a few seconds. Failures belong beside what failed. */
export function toast(title: string): void {
  manager.add({ title });
}

export function Toasts({ children }: { readonly children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  return Toast.useToastManager().toasts.map((one) => (
    <Toast.Root key={one.id} toast={one} className="toast">
      <Toast.Title render={<p />} />
      <Toast.Close className="button button-quiet" aria-label="Dismiss">
        <Icon name="close" />
      </Toast.Close>
    </Toast.Root>
  ));
}
