import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Toasts } from "../components/toasts.tsx";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";
import { applyTheme } from "./theme.ts";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/parts.css";
import "../styles/shell.css";

const root = document.querySelector("#root");
if (root === null) throw new Error("index.html has no #root");

applyTheme();
createRoot(root).render(
  <StrictMode>
    {/* The Content-Security-Policy refuses inline style elements. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <Toasts>
          <RouterProvider router={router} />
        </Toasts>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
