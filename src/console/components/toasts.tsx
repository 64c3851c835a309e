import { Toast } from "@base-ui/react/toast";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import "./toasts.css";

const manager = Toast.createToastManager();

/** Says for a few seconds that something is done. Failures are told beside the thing that failed. */
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
