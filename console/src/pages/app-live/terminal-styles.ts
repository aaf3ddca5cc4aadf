/**
 * xterm.js writes `<style>` elements and `style` attributes, which the console's content security policy forbids
 * (`style-src` is 'self'), and rightly: text of programs is near. What goes through the object model is not inline
 * style for the policy (CSP Level 3, section 6.6: CSSOM is not covered), so the same rules are put there instead:
 * sheets are constructed and adopted by the document, attributes are set as `style.cssText`. The policy stays as
 * it is.
 *
 * xterm takes a document as an option, but parts of it use the page's own: so for as long as the terminal is there,
 * this document makes `<style>` and `<span>` elements that keep to the policy. Dispose to end that.
 */
export function keepToPolicy(page: Document): Disposable {
  const sheets: CSSStyleSheet[] = [];
  const make = page.createElement.bind(page);

  function createElement(name: string, options?: ElementCreationOptions): HTMLElement {
    // Even an empty <style> is a breach of the policy; a <template> shows nothing and means nothing.
    const element = make(name === "style" ? "template" : name, options);
    if (name === "style") {
      const sheet = new CSSStyleSheet();
      sheets.push(sheet);
      page.adoptedStyleSheets.push(sheet);
      Object.defineProperty(element, "textContent", {
        set(text: string) {
          sheet.replaceSync(text);
        },
      });
    } else if (name === "span") {
      element.setAttribute = setAttribute;
    }
    return element;
  }

  Object.defineProperty(page, "createElement", { value: createElement, configurable: true });
  return {
    [Symbol.dispose]: () => {
      Reflect.deleteProperty(page, "createElement"); // the prototype's shows again
      page.adoptedStyleSheets = page.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
    },
  };
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
