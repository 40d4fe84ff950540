export function html(strings: TemplateStringsArray, ...values: any[]): any;
export function render(what: any, where: Element): void;
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((former: T) => T)) => void];
export function useEffect(effect: () => void | (() => void), depends?: unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void), depends?: unknown[]): void;
export function useMemo<T>(make: () => T, depends?: unknown[]): T;
export function useCallback<T>(callback: T, depends?: unknown[]): T;
export function useRef<T>(initial: T): { current: T };
