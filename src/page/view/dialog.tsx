// SPDX-License-Identifier: GPL-2.0-only

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** A dialog that is open as long as it is there. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const closed = useRef(onClose);
  closed.current = onClose;
  // Open as soon as it is there: what is typed next is for it, and no key of the page.
  useLayoutEffect(() => {
    const element = dialog.current!;
    const onClosed = (): void => closed.current();
    element.addEventListener('close', onClosed);
    element.showModal();
    return () => {
      // The event of this close() comes when another dialog may be open, and would close that one.
      element.removeEventListener('close', onClosed);
      element.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onCancel={(event) => {
        // The event that it is closed comes later than the next key.
        event.preventDefault();
        onClose();
      }}
    >
      <div class="dialog-head">
        <h2>{title}</h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      {children}
    </dialog>
  );
}
